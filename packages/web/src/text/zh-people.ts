import type { enPeople } from "./en-people.ts";

/** 用户和密码的文字。 */
export const zhPeople: typeof enPeople = {
  "people.own": "自己的密码",
  "people.old": "现在的密码",
  "people.new": "新密码",
  "people.change": "修改密码",
  "people.changed": "密码已修改；您在其他设备上的登录已退出。",
  "people.title": "谁可以登录",
  "people.role": "{name} 的角色",
  "people.roles":
    "查看者只能查看；技术员还可以操作设备、修改配置；管理员还可以修改上行链路、网页访问和本名单。",
  "people.you": "本人",
  "people.reset": "重设密码…",
  "people.resetOf": "{name} 的新密码",
  "people.remove": "删除",
  "people.removeSure": "确认删除 {name}",
  "people.add": "添加用户",
  "people.addIt": "添加",
  "people.roleOfNew": "角色",
  "people.done": "已完成：{name}。以此名登录的人需要重新登录。",
  "people.link": "修改密码、管理用户",
  "trouble.unclaimed": "本网关尚未认领",
  "trouble.unclaimed.todo": "请先认领（认领码在日志中或机箱标签上），然后才能查找和添加设备。",
};
