import type { enBackup } from "./en-backup.ts";

export const zhBackup: typeof enBackup = {
  "backup.title": "备份",
  "backup.holds":
    "一个加密文件，包含换新机所需的一切：配置及历史版本、密码等机密、用户、证书、对设备的学习结果。",
  "backup.lacks":
    "不含尚未上传的数据；如需一并备份，请用命令 headgate backup --with-buffer。恢复请用命令 headgate restore。",
  "backup.passphrase": "备份口令",
  "backup.again": "再输入一次",
  "backup.differs": "两次输入不一致。",
  "backup.sentence":
    "至少 {n} 个字符，建议用一句话。口令不会保存在任何地方，忘记后谁也打不开备份。",
  "backup.take": "下载备份",
  "backup.making": "正在生成……",
  "backup.taken": "备份已下载。请把口令另外妥善保管。",
  "backup.login": "只有管理员可以备份。",
  "action.backup.take": "下载备份",
  "action.backup.restore": "从备份恢复",
};
