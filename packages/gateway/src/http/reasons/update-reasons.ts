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
  ["the update is not signed by a trusted key.*", "更新包没有受信任的签名"],
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
  ["the update's manifest is no JSON", "更新包的清单不是 JSON"],
  ['the update\'s manifest is wrong at "(.+)": (.+)', "更新包的清单在“{1}”处有误：{2}"],
  [
    'the update names a file "(.+)", which is no path below its folder',
    "更新包中的文件“{1}”不在其文件夹内",
  ],
  ['the update names "(.+)" twice', "更新包重复列出“{1}”"],
  ['the update names "(.+)" as a file and as a folder', "更新包把“{1}”同时列为文件和文件夹"],
  [
    "the update takes (\\d+) bytes of the disk, at most (\\d+)",
    "更新占用磁盘 {1} 字节，上限 {2} 字节",
  ],
  ["the update has no (.+)", "更新包中没有 {1}"],
  ["the update has (\\d+) bytes, at most (\\d+)", "更新包有 {1} 字节，上限 {2} 字节"],
  ["the update ends while it is read", "更新包读到一半就结束了"],
  [
    "an update has (\\d+) bytes at most, and no more than it says",
    "更新包最多 {1} 字节，且不得超过其声明的大小",
  ],
  ["(\\d+) bytes are here: go on from there", "已收到 {1} 字节：请从此处继续"],
  ["version (\\S+) is not here", "没有版本 {1}"],
  ["install a version between them first", "请先安装中间版本"],
  ["the key is no Ed25519 key", "该密钥不是 Ed25519 密钥"],
  ['"(.+)" is no file: an update has no links', "“{1}”不是文件：更新包不能含链接"],
  [
    'versions.json in "(.+)" is damaged: what runs is not known',
    "“{1}”中的 versions.json 已损坏：不知正在运行哪个版本",
  ],
  [
    'the disk of "(.+)" is full: free space, then install again',
    "“{1}”所在磁盘已满：请腾出空间后重新安装",
  ],
  [
    '"(.+)" cannot be written \\((.+)\\); check its owner, see service.md',
    "“{1}”无法写入（{2!}）；请检查属主，参见 service.md",
  ],
  ['more than (\\d+) keys in "(.+)"', "“{2}”中的密钥超过 {1} 个"],
  ["make one with `headgate update key`", "请用 `headgate update key` 生成"],
  ['"(.+)" is a private key: it must never be on a gateway', "“{1}”是私钥：绝不能放在网关上"],
  ['"(.+)" is no public key', "“{1}”不是公钥"],
  ["no key is trusted here", "此处没有受信任的密钥"],
];
