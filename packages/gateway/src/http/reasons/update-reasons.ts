import type { ReasonPattern } from "./reason-pattern.ts";

/** What an update says. */
export const updateReasons: readonly ReasonPattern[] = [
  ["version (\\S+) is installed already", "版本 {1} 已安装"],
  ["version (\\S+) is older than (\\S+), which is installed", "版本 {1} 比已安装的 {2} 旧"],
  ["version (\\S+) is still on trial; wait for it", "版本 {1} 仍在试运行，请等待"],
  [
    "version (\\S+) needs Node (\\S+) or newer, not (\\S+)",
    "版本 {1} 需要 Node {2} 或更高版本，当前为 {3}",
  ],
  [
    "version (\\S+) could not read the buffer of (\\S+) after going back; .+",
    "回退后版本 {1} 无法读取 {2} 的缓存，请先安装中间版本",
  ],
  ["the update is not signed by a trusted key(?:; .+)?", "更新包没有受信任的签名"],
  [
    "this is no update of Headgate, or its beginning is damaged",
    "这不是 Headgate 更新包，或文件开头已损坏",
  ],
  ["the update is (?:damaged|cut off).*", "更新包已损坏或不完整"],
  ["no version is kept to go back to", "没有保留可回退的版本"],
  ["the gateway has not started", "网关尚未启动完成"],
  ["nothing was stored yet", "尚未存储任何数据"],
  ['channel "(.+)" is not up', "通道“{1}”未连通"],
  ['uplink "(.+)" has acknowledged nothing', "上行“{1}”尚未确认任何数据"],
  ["(\\d+) of (\\d+) points are good", "{2} 个测点中只有 {1} 个正常"],
  ["it was not well for long enough", "未能持续正常运行足够长的时间"],
  ["version (\\S+) ended (\\d+) times within its trial", "版本 {1} 在试运行期间退出了 {2} 次"],
  ["the machine was cut off or started anew within its trial", "试运行期间断电或重启"],
  ["version (\\S+) said nothing in its trial", "版本 {1} 在试运行期间没有响应"],
  ["the command line", "命令行"],
];
