/**
 * The frequent reasons in Chinese. A pattern covers a whole reason; `{1}` is its first group, which
 * is translated in turn. A reason without a pattern stays as it is: the manuals are English too.
 */
export const reasonPatterns: readonly (readonly [pattern: string, chinese: string])[] = [
  ["line down: (.+)", "线路中断：{1}"],
  ["(.+), next try in ([\\d.]+) s", "{1}，{2} 秒后重试"],
  ["timeout", "超时"],
  ["timeout after (\\d+) ms", "{1} 毫秒内无应答"],
  ["timeout: no answer from unit (\\d+) within (\\d+) ms", "超时：单元号 {1} 在 {2} 毫秒内无应答"],
  ["no answer within (\\d+) ms(?:; .+)?", "{1} 毫秒内无应答"],
  ["no answer", "无应答"],

  ["illegal function \\(exception (\\d+)\\)", "不支持的功能（异常码 {1}）"],
  ["illegal data address \\(exception (\\d+)\\)", "数据地址无效（异常码 {1}）"],
  ["illegal data value \\(exception (\\d+)\\)", "数据值无效（异常码 {1}）"],
  ["device failure \\(exception (\\d+)\\)", "设备故障（异常码 {1}）"],
  ["device busy \\(exception (\\d+)\\)", "设备忙（异常码 {1}）"],
  ["gateway path unavailable \\(exception (\\d+)\\)", "总线网关通路不可用（异常码 {1}）"],
  [
    "gateway target failed to respond \\(exception (\\d+)\\)",
    "总线网关后的设备无应答（异常码 {1}）",
  ],

  ["not available", "设备未提供数值"],
  ["not available \\((.+)\\)", "设备未提供数值（{1}）"],
  ["not a number", "不是有效数字"],
  ["not a number \\((.+)\\)", "不是有效数字（{1}）"],

  ["connect to (\\S+): (.+)", "连接 {1}：{2}"],
  ['(?:connect|opcua) "([^"]+)": (.+)', "连接 {1}：{2}"],
  ["connection to (\\S+) lost(?:: .+)?", "与 {1} 的连接已断开"],
  ["connection lost(?:: .+)?", "连接已断开"],
  ["connection refused(?:; .+)?|(?:connect )?ECONNREFUSED.*", "连接被拒绝"],
  ["the far side ended the connection.+|(?:read |connect )?ECONNRESET.*", "连接被对方断开"],
  ["no answer; check .+|(?:connect |read )?ETIMEDOUT.*", "无应答"],
  ["no way to the (?:host|network); .+|(?:connect )?E(?:HOST|NET)UNREACH.*", "网络不通"],
  ["host not found; .+|(?:getaddrinfo )?ENOTFOUND.*", "找不到主机"],
  ["the name server \\(DNS\\) does not answer; .+|.*EAI_AGAIN.*", "域名服务器（DNS）无应答"],
  ["wrong username or password", "用户名或密码错误"],
  ["not authorised; check .+", "未获授权，请检查用户名、密码和访问控制"],
  ["server closed the connection(?:; .+)?", "服务器关闭了连接"],
  ["certificate has expired; .+", "证书已过期"],
  ["self.signed certificate.*; .+", "证书由其自身签发，不受信任"],
  ["unable to (?:verify|get) .+", "无法验证证书的签发者"],
  ["Hostname/IP does not match .+", "证书中的名称与地址不符"],
  ['(?:subscribe|publish) to "([^"]+)"(?: at "[^"]+")?: (.+)', "主题 {1}：{2}"],
  [
    "refused(?: with code (\\d+))?; check the server's access list",
    "被拒绝，请检查服务器的访问控制",
  ],
  ["its date is before this program's", "系统日期早于本程序的发布日期"],
  ["systemd-timesyncd waits", "systemd-timesyncd 尚未完成对时"],
  ["time service waits", "对时服务尚未完成对时"],
  ["the system is being asked", "正在查询系统"],
  ["no acknowledgement from the server for (\\d+) ms", "服务器 {1} 毫秒内未确认"],
  ["the file", "配置文件"],
  ["the gateway", "网关"],
  ["this machine", "本机"],
  ["token (.+)", "令牌 {1}"],
  ["the first start", "首次启动"],
  ["the file was changed by hand", "配置文件被手工修改"],
  ["taken back by hand", "手动恢复"],
  ["nobody confirmed version (\\d+)", "无人确认版本 {1}"],
  ["nothing was acknowledged of (.+)", "没有收到 {1} 的任何确认"],
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
  ["it began twice with version (\\d+)", "以版本 {1} 启动了两次"],
  [
    "(.+): connected, but (\\d+) requests in a row had no answer; .+",
    "{1}：已连接，但连续 {2} 次请求无应答；请检查单元号",
  ],
];

const PATTERNS = reasonPatterns.map(
  ([pattern, chinese]) => [new RegExp(`^(?:${pattern})$`), chinese] as const,
);

/** A reason in Chinese; one that is not known stays as it is. */
export function reasonInChinese(reason: string): string {
  for (const [pattern, chinese] of PATTERNS) {
    const match = pattern.exec(reason);
    if (!match) continue;
    return chinese.replace(/{(\d)}/g, (_, group: string) =>
      reasonInChinese(match[Number(group)] ?? ""),
    );
  }
  return reason;
}
