type Saying = readonly [said: RegExp, chinese: string];

// What the drivers and uplinks of the house, and the library under them, say in English. $1, $2 are
// what the saying quotes. A driver of someone else is shown as it speaks.
const sayings: readonly Saying[] = [
  // Any
  [/^"(.*)" is not right$/s, "“$1”不正确"],
  [/^invalid input$/, "输入不符合要求"],
  [/^invalid input: expected .*$/, "类型不符"],
  [/^write it with "(.*)" at the start$/, "请以 `$1` 开头"],
  [/^too small: expected string to have >=(\d+) characters$/, "至少 $1 个字符"],
  [/^too big: expected string to have <=(\d+) characters$/, "最多 $1 个字符"],
  [/^must be longer than 0$/, "必须大于 0"],
  [/^(".*") is no duration$/, "$1 不是有效的时长"],
  [/^write it as 500 ms or 1 s$/, "请写成 `500 ms` 或 `1 s`"],
  [/^write a time such as 500 ms$/, "请写时长，例如 `500 ms`"],
  [/^write a duration (?:such as|with a unit).*$/, "请写带单位的时长，例如 `500 ms`、`5 s`"],
  [/^milliseconds, or a duration such as .*$/, "毫秒数，或带单位的时长，例如 `500 ms`、`5 s`"],
  [/^Duration with its unit, (.*)$/, "带单位的时长，$1"],
  [/^Size with its unit, at least (.*)$/, "带单位的容量，至少 $1"],
  [/^Folder; relative to the configuration file$/, "文件夹，相对于配置文件"],
  [/^Unique among all gateways.*$/, "平台内唯一的网关标识，用于主题"],
  [/^For people$/, "给人看的名称"],
  [/^IANA name: (.*)$/, "IANA 时区名，例如 $1"],
  [/^Id of a device model$/, "设备型号的标识"],
  [/^Points that cause a reading.*$/, "触发读取的测点：本设备的测点名，或“设备/测点”"],
  [/^remove it$/, "请删除"],
  // Profiles
  [/^point "(.*)" has no address$/s, "测点“$1”没有地址"],
  [/^wire address (-?\d+) is out of range$/, "线上地址 $1 超出范围"],
  // Modbus
  [/^address (.*) is above 65535$/, "地址 $1 超过 65535"],
  [/^write a wire address from 0 to 65535$/, "请写 0 到 65535 之间的线上地址"],
  [/^address (.*) is not understood$/s, "无法识别的地址 $1"],
  [
    /^write holding:0, input:0, coil:0, discrete:0 or a manual's number such as (.*)$/,
    "请写 holding:0、input:0、coil:0、discrete:0，或手册中的编号，例如 $1",
  ],
  [/^a (\w+) holds one bit, not (\w+)$/, "$1 只有一位，不能是 $2"],
  [/^write type: bool$/, "请写 `type: bool`"],
  [/^(\w+) at (\S+) runs past address 65535$/, "$2 处的 $1 超出地址 65535"],
  [/^write a lower address$/, "请改用更小的地址"],
  [/^a string needs its length$/, "字符串需要长度"],
  [/^write length: and how many registers$/, "请写 `length:` 加寄存器个数"],
  [/^(\w+) goes with type (\w+) or (\w+), not (\w+)$/, "$1 只用于类型 $2 或 $3，不能用于 $4"],
  [/^(\w+) goes with type (\w+), not (\w+)$/, "$1 只用于类型 $2，不能用于 $3"],
  [/^nan goes with numbers, not (\w+)$/, "nan 只用于数值，不能用于 $1"],
  [/^type bit needs to know which one$/, "类型 bit 须指明哪一位"],
  [/^write bit: 0 for the least significant$/, "最低位请写 `bit: 0`"],
  [/^a single bit has no order$/, "单个位没有字节序"],
  [/^order (.*) does not fit (\w+)$/, "字节序 $1 不适用于 $2"],
  [/^did you mean (\w+)\? known: (.*)$/, "您是否想写 $1？可用：$2"],
  [/^write one of (.*)$/, "请写以下之一：$1"],
  // Meters
  [/^(.*) is no meter number$/s, "$1 不是有效的表号"],
  [
    /^write its digits, at most (\d+), in quotes, or any if it is alone on the line$/,
    "请用引号写表号（最多 $1 位）；线路上只有这一块表时可写 `any`",
  ],
  [/^(.*) is no kind of meter$/s, "$1 不是有效的表类型"],
  [/^write its code in quotes, or one of (.*)$/, "请用引号写类型代码，或写以下之一：$1"],
  [/^(\S+) is no demand and has no time$/, "$1 不是需量，没有发生时间"],
  [/^remove :time$/, "请删除 `:time`"],
  [/^(\S+) is not in the table of data items$/, "数据标识 $1 不在表中"],
  [/^write its format, such as (.*)$/, "请写明格式，例如 `$1`"],
  [/^(\d+) is not understood$/, "无法识别 $1"],
  [/^write it in quotes, such as (".*"): YAML .*$/, "请加引号，例如 $1；否则 YAML 会当作数字"],
  [
    /^write eight hex digits in quotes, such as (".*"), or a name such as (\S+)$/,
    "请用引号写八位十六进制数，例如 $1，或写名称，例如 $2",
  ],
  [/^write an item of four hex digits, or one of (.*)$/, "请写四位十六进制标识，或以下之一：$1"],
  [/^item (\S+) has no format$/, "数据标识 $1 没有格式"],
  [
    /^(skip|quantity) goes with an item such as D120, not with (\S+)$/,
    "$1 用于 D120 一类标识，不用于 $2",
  ],
  [
    /^signed goes with a number such as (\S+), not with (\S+)$/,
    "signed 只用于 $1 一类数字，不能用于 $2",
  ],
  [
    /^(\w+) goes with a number that has a unit, not with format (\S+)$/,
    "$1 只用于带单位的数字，不能用于格式 $2",
  ],
  [
    /^(\w+) goes with a number that has a unit, not with (\S+)$/,
    "$1 只用于带单位的数字，不能用于 $2",
  ],
  [/^unit code (\w+) is not known$/, "未知的单位代码 $1"],
  [/^unit code (\w+) \((.+)\) is none of energy$/, "单位代码 $1（$2）不是热量单位"],
  [/^unit code (\w+) \((.+)\) is none of power$/, "单位代码 $1（$2）不是功率单位"],
  [/^unit code (\w+) \((.+)\) is none of volume$/, "单位代码 $1（$2）不是体积单位"],
  [/^unit code (\w+) \((.+)\) is none of flow$/, "单位代码 $1（$2）不是流量单位"],
  [/^write two hex digits, such as (".*") for m³$/, "请写两位十六进制数，例如 $1 表示 m³"],
  [/^format (.*) is not understood$/s, "无法识别的格式 $1"],
  [/^write it as in the standard: .*$/, "请按标准书写，例如 XXXXXX.XX、YYMMDDhhmm、NNNN、bits16"],
  [/^format (\S+) has an odd number of digits$/, "格式 $1 的位数为奇数"],
  [/^two digits make a byte$/, "两位数字为一个字节"],
  [/^format (\S+) has (\d+) bytes$/, "格式 $1 有 $2 个字节"],
  [/^1 to (\d+) are possible$/, "可为 1 到 $1 个"],
  [/^(\S+) has (\d+) bytes$/, "$1 有 $2 个字节"],
  [/^write a format of as many$/, "请写同样字节数的格式"],
  [/^write a format of as many for a number$/, "请写同样字节数的数字格式"],
  // OPC UA
  [/^write the endpoint as (.*)$/, "请把 endpoint 写成 $1"],
  [
    /^securityMode (\w+) does not go with securityPolicy (\w+)$/,
    "securityMode “$1”与 securityPolicy “$2”不能搭配",
  ],
  [/^say an address or a network: (.*) or (.*)$/, "请写地址或网段，例如 $1 或 $2"],
  [/^both must be None, or neither$/, "两者须同为 None，或都不是 None"],
  [/^(username|password) is missing$/, "缺少 $1"],
  [
    /^give both username and password, or none for anonymous$/,
    "请同时写 username 和 password；匿名登录则都不写",
  ],
  [/^write a node id such as (".*") or (".*")$/, "请写节点标识，例如 $1 或 $2"],
  // ONVIF
  [/^write a size with a unit \((.*)\): (".*")$/, "请写带单位（$1）的大小，例如 $2"],
  [/^username and password go together$/, "username 和 password 须成对出现"],
  [/^give both, or neither$/, "请都写，或都不写"],
  [/^write device: with one of (.*)$/, "请写 device: 加以下之一：$1"],
  [/^write snapshot: with .*$/, "请写 snapshot: 加 main、sub 或相机的 profile token"],
  [/^write event: with .*$/, "请写 event: 加 motion、digital-input 或主题"],
  [/^write event:…, snapshot:… or device:…$/, "请写 event:…、snapshot:… 或 device:…"],
  // MQTT
  [/^write a time of day, like (".*")$/, "请写一天中的时刻，例如 $1"],
  [/^Time of day, like (".*")$/, "一天中的时刻，例如 $1"],
  [/^Rate with its unit, at least (.*)$/, "带单位的速率，至少 $1"],
  [/^write "mqtt:\/\/host:1883" or .*$/, '请写 "mqtt://主机:1883" 或 "mqtts://…"'],
  [/^a topic has no wildcards$/, "主题不能含通配符"],
  [/^write it without # and \+$/, "请去掉 # 和 +"],
  [/^a receiver id is one topic level$/, "接收端标识只能是一级主题"],
  [/^write it without \/, # and \+$/, "请去掉 /、# 和 +"],
  [/^format "json" has no receiver that could acknowledge it$/, '格式 "json" 没有接收端可以确认'],
  [
    /^write delivery: broker, or format: blocks-json$/,
    "请写 `delivery: broker`，或 `format: blocks-json`",
  ],
];

/** A saying of a driver, an uplink or the library in Chinese; as it is where none is known. */
export function inChinese(said: string): string {
  const known = sayings.find(([pattern]) => pattern.test(said));
  return known ? said.replace(known[0], known[1]) : said;
}
