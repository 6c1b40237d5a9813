import { inChinese } from "./said-in-chinese.ts";

/** Languages a person can be told about a problem in. */
export type Lang = "en" | "zh";

// {name} is filled from the finding's params.
const problems = {
  "file-unreadable": {
    en: "{file} cannot be read: {why}",
    zh: "无法读取 {file}：{why}",
  },
  "yaml-syntax": { en: "not valid YAML: {why}", zh: "YAML 语法错误：{reason}" },
  "and-more": {
    en: "{count} more mistakes are not shown",
    zh: "另有 {count} 处错误未显示",
  },
  "full-width": {
    en: "full-width punctuation {written}",
    zh: "用了全角标点 {written}",
  },
  "duplicate-key": { en: '"{key}" is given twice', zh: "“{key}”重复出现" },
  "unknown-key": { en: 'unknown key "{key}"', zh: "未知的键“{key}”" },
  "missing-key": { en: '"{key}" is missing', zh: "缺少“{key}”" },
  "wrong-type": {
    en: "expected {expected}, found {found}",
    zh: "应为{expected}，实际为{found}",
  },
  "unknown-value": {
    en: '"{value}" is not one of {values}',
    zh: "“{value}”不在可选值 {values} 之中",
  },
  "out-of-range": { en: "{value} is out of range: {range}", zh: "{value} 超出范围：{range}" },
  "not-a-duration": { en: '"{value}" is not a duration', zh: "“{value}”不是有效的时长" },
  "not-a-size": { en: '"{value}" is not a size', zh: "“{value}”不是有效的容量" },
  "not-a-rate": { en: '"{value}" is not a rate', zh: "“{value}”不是有效的速率" },
  "bad-format": { en: '"{value}" does not look right: {why}', zh: "“{value}”格式不正确：{why}" },
  invalid: { en: "{why}", zh: "{why}" },
  "bad-id": { en: '"{id}" cannot be a name here', zh: "“{id}”不能用作名称" },
  "overlapping-ids": {
    en: 'the names "{id}" and "{other}" overlap',
    zh: "名称“{id}”与“{other}”重叠",
  },
  "unknown-driver": { en: 'unknown driver "{value}"', zh: "未知的驱动“{value}”" },
  "unknown-uplink": { en: 'unknown uplink type "{value}"', zh: "未知的上行类型“{value}”" },
  "not-loadable": { en: '"{value}" cannot be loaded: {why}', zh: "“{value}”无法加载：{why}" },
  "unknown-channel": {
    en: 'channel "{value}" does not exist',
    zh: "通道“{value}”不存在",
  },
  "unknown-profile": { en: 'unknown profile "{value}"', zh: "未知的设备型号“{value}”" },
  "broken-profile": {
    en: 'profile "{value}" is broken: {why}',
    zh: "设备型号“{value}”有误：{why}",
  },
  "foreign-profile": {
    en: 'profile "{value}" is for {family}, but channel "{channel}" speaks {driver}',
    zh: "设备型号“{value}”用于 {family}，而通道“{channel}”使用 {driver}",
  },
  "unknown-variant": {
    en: 'profile "{profile}" has no variant "{value}"',
    zh: "设备型号“{profile}”没有变体“{value}”",
  },
  "unknown-source": {
    en: 'source "{value}" is not among the profile\'s sources',
    zh: "sources 中没有“{value}”",
  },
  "unknown-point": {
    en: 'the profile has no point "{value}"',
    zh: "型号文件中没有测点“{value}”",
  },
  "unused-parameter": {
    en: 'no point is scaled by parameter "{value}"',
    zh: "没有测点使用参数“{value}”",
  },
  "same-meaning": {
    en: 'point "{other}" means {value} too',
    zh: "测点“{other}”的含义也是 {value}",
  },
  "manual-numbers": {
    en: "every address, taken as a wire address, looks like a manual's (40001 is register 0)",
    zh: "所有地址都像说明书编号（40001 即保持寄存器 0），现按线上地址处理",
  },
  "same-registers": {
    en: 'point "{other}" has some of its registers or bytes too',
    zh: "测点“{other}”也占用其中的寄存器或字节",
  },
  "other-id": { en: 'its id is "{id}", its file "{file}"', zh: "id 为“{id}”，文件名为“{file}”" },
  "needs-profile": {
    en: '"{key}" means something only with a profile',
    zh: "只有指定 profile 时“{key}”才有意义",
  },
  "unknown-parameter": {
    en: 'profile "{profile}" has no parameter "{value}"',
    zh: "设备型号“{profile}”没有参数“{value}”",
  },
  "no-points": { en: 'device "{device}" has no points', zh: "设备“{device}”没有测点" },
  "idle-channel": { en: 'channel "{channel}" has no device', zh: "通道“{channel}”没有设备" },
  "no-uplink": { en: "there is no uplink", zh: "没有配置上行" },
  "same-client-id": {
    en: 'uplink "{other}" has clientId "{value}" on this server: each would end the other',
    zh: "上行“{other}”在同一服务器上也用 clientId“{value}”，两者会互相挤下线",
  },
  "same-uplink": {
    en: 'uplink "{other}" has the same settings: all data goes there twice',
    zh: "上行“{other}”的设置完全相同，数据会发送两遍",
  },
  "plain-uplink": {
    en: "{value}:// is not encrypted: whoever is on the way reads and changes what is sent",
    zh: "{value}:// 未加密，途经的任何人都能读取并篡改数据",
  },
  "missing-file": { en: 'there is no file "{file}"', zh: "找不到文件“{file}”" },
  "shared-unit": {
    en: 'unitId {unitId} is used by "{other}" and "{device}" on {channel}',
    zh: "{channel} 上的 unitId {unitId} 被“{other}”和“{device}”同时使用",
  },
  "shared-meter": {
    en: 'meter {meter} is used by "{other}" and "{device}" on {channel}',
    zh: "{channel} 上的表号 {meter} 被“{other}”和“{device}”同时使用",
  },
  "any-not-alone": {
    en: '"{device}" asks any meter on {channel}, and "{other}" is there too',
    zh: "“{device}”在 {channel} 上不带表号询问，而“{other}”也在该线路上",
  },
  "missing-variable": {
    en: "environment variable {name} is not set",
    zh: "未设置环境变量 {name}",
  },
  "missing-secret": { en: 'secret "{name}" is not there', zh: "找不到密钥“{name}”" },
  "bad-reference": { en: '"{text}" is not a reference', zh: "“{text}”不是有效的引用" },
  "both-given": {
    en: '"{key}" and "{other}" exclude each other',
    zh: "“{key}”与“{other}”不能同时使用",
  },
  "needs-access": {
    en: '"write" means something only with `access: readWrite`',
    zh: "只有 `access: readWrite` 时“write”才有意义",
  },
  "unknown-event": { en: 'point "{value}" does not exist', zh: "测点“{value}”不存在" },
  "own-event": { en: "a point cannot wait for itself", zh: "测点不能等待自身" },
  "min-above-max": { en: "min {min} is above max {max}", zh: "最小值 {min} 大于最大值 {max}" },
  "unknown-timezone": { en: 'unknown time zone "{value}"', zh: "未知的时区“{value}”" },
} as const satisfies Record<string, Record<Lang, string>>;

const hints = {
  "did-you-mean": { en: "did you mean `{nearest}`?", zh: "您是否想写 `{nearest}`？" },
  "known-keys": { en: "known here: {keys}", zh: "此处可用：{keys}" },
  "nothing-known": {
    en: "there is nothing to choose from yet: add it first",
    zh: "目前没有可选项，请先添加",
  },
  "belongs-to": {
    en: "`{key}` belongs to the {level}: move it there",
    zh: "`{key}` 属于{level}，请移过去",
  },
  "add-key": { en: "add `{key}: …`", zh: "请添加 `{key}: …`" },
  "add-access": { en: "add `access: readWrite`", zh: "请添加 `access: readWrite`" },
  "add-one-of": { en: "add `{key}:` with one of {values}", zh: "请添加 `{key}:`，可选 {values}" },
  "own-client-id": {
    en: "give each uplink a `clientId` of its own, or none: then it gets one",
    zh: "请给每个上行不同的 `clientId`，或都不写（会自动生成）",
  },
  "use-tls": {
    en:
      "write mqtts:// (port 8883) or wss://; " +
      "or `allowPlain: true` in this uplink, where a VPN or a closed network protects it",
    zh: "请写 mqtts://（端口 8883）或 wss://；若由 VPN 或封闭网络保护，请在此上行中写 `allowPlain: true`",
  },
  "remove-one": { en: "remove one of the two", zh: "请删除其中一个" },
  "write-duration": {
    en: "write a number and ms, s, min, h or d: `500 ms`, `1 s`, `5 min`",
    zh: "请写数字加单位 ms、s、min、h 或 d，例如 `500 ms`、`1 s`、`5 min`",
  },
  "write-this": { en: "write `{example}`", zh: "请写 `{example}`" },
  "write-size": {
    en: "write a number and KB, MB, GB, KiB, MiB or GiB: `2 GiB`",
    zh: "请写数字加单位 KB、MB、GB、KiB、MiB 或 GiB，例如 `2 GiB`",
  },
  "write-rate": {
    en: "write a number and kbit/s or Mbit/s: `256 kbit/s`",
    zh: "请写数字加单位 kbit/s 或 Mbit/s，例如 `256 kbit/s`",
  },
  "write-number": { en: "write a plain number, without quotes", zh: "请直接写数字，不要加引号" },
  "write-text": { en: 'put it in quotes: "{value}"', zh: '请加引号："{value}"' },
  "write-boolean": { en: "write true or false", zh: "请写 true 或 false" },
  "write-map": {
    en: "write `key: value` lines below it, indented by two spaces",
    zh: "请在下面缩进两个空格，逐行写 `键: 值`",
  },
  "write-list": { en: "write a list: [a, b]", zh: "请写成列表：[a, b]" },
  "choose-within": { en: "choose a value: {range}", zh: "请选择：{range}" },
  "name-rule": {
    en: "use letters, digits, `-`, `_` and `.`, at most 64, beginning with a letter or digit",
    zh: "只能使用字母、数字、`-`、`_` 和 `.`，最多 64 个字符，以字母或数字开头",
  },
  "rename-one": { en: "rename one of the two", zh: "请给其中一个改名" },
  "add-points": {
    en: "add `profile:` with a known model or `points:` with at least one point",
    zh: "请添加 `profile:`（已知型号）或 `points:`（至少一个测点）",
  },
  "add-device": {
    en: "add a device with `channel: {channel}`, or remove the channel",
    zh: "请添加 `channel: {channel}` 的设备，或删除该通道",
  },
  "add-uplink": {
    en: "samples are kept on this box only; add one below `uplinks:`",
    zh: "采样只保存在本机；请在 `uplinks:` 下添加",
  },
  "share-unit": {
    en: "give each its own unitId, or write `sharedUnit: true` in both if it is one device",
    zh: "请分配不同的 unitId；若确为同一台设备，请在两处都写 `sharedUnit: true`",
  },
  "share-meter": {
    en: "give each its own number, or write `sharedUnit: true` in both if it is one meter",
    zh: "请分别写各自的表号；若确为同一块表，请在两处都写 `sharedUnit: true`",
  },
  "number-each": {
    en: "write the number of each: several would answer at once",
    zh: "请写明每块表的表号，否则多块表会同时应答",
  },
  "set-variable": {
    en: "set it where the gateway is started: {name}=…",
    zh: "请在启动网关处设置：{name}=…",
  },
  "store-secret": {
    en: "set {variable} or write it to the file {file}",
    zh: "请设置 {variable}，或写入文件 {file}",
  },
  "reference-rule": {
    en: "write {example} with a name of letters and digits",
    zh: "请写 {example}，名称用字母和数字",
  },
  "install-it": {
    en: "install the gateway again; the package may be incomplete",
    zh: "请重新安装网关，安装包可能不完整",
  },
  "check-path": { en: "check the path and its permissions", zh: "请检查路径与权限" },
  "check-yaml": {
    en: "check quotes, brackets and indentation here and in the line above; no tabs",
    zh: "请检查此行及上一行的引号、括号与缩进；缩进用空格，不用制表符",
  },
  "check-value": {
    en: "check `{key}` against the manual of the device or server",
    zh: "请对照设备或服务器手册检查 `{key}`",
  },
  "replace-tab": {
    en: "indent with spaces instead of the tab",
    zh: "请用空格代替制表符（Tab）缩进",
  },
  "write-half-width": {
    en: 'write half-width `{meant}`; a text that needs them goes in quotes: "…"',
    zh: "请改为半角 `{meant}`；若是文本内容，请用半角双引号括起来",
  },
  "fill-or-remove": { en: "fill in `{key}`, or remove it", zh: "请填写 `{key}`，或将其删除" },
  "write-kind": { en: "write {expected}", zh: "请写{expected}" },
  "use-one-of": { en: "use one of {values}", zh: "请使用 {values} 之一" },
  "other-channel": {
    en: "put the device on a channel of driver {family}, or remove `profile`",
    zh: "请把设备放到 {family} 驱动的通道上，或删除 `profile`",
  },
  "same-as-file": {
    en: "a profile's file is named after its id: {id}.yaml",
    zh: "文件名须与 id 一致：{id}.yaml",
  },
  "write-document-offset": {
    en: "if so, write documentOffset: -40001 (input registers: -30001)",
    zh: "若确为编号，请写 documentOffset: -40001（输入寄存器：-30001）",
  },
  "check-address": {
    en: "check the addresses and types of both",
    zh: "请检查两者的地址与类型",
  },
  "add-profile": {
    en: "add `profile:`, or remove `{key}`",
    zh: "请添加 `profile:`，或删除 `{key}`",
  },
  "correct-profile": {
    en: "correct the profile's file; headgate profile check FILE tells each mistake with its line",
    zh: "请修正型号文件；headgate profile check FILE 会逐行指出每个错误",
  },
  "remove-it": { en: "remove it", zh: "请删除" },
  "other-point": { en: "name another point", zh: "请指定其他测点" },
  swap: { en: "swap the two", zh: "请对调两者" },
  "free-text": { en: "{text}", zh: "{text}" },
} as const satisfies Record<string, Record<Lang, string>>;

/** What can be wrong with a configuration. */
export type ProblemCode = keyof typeof problems;
/** What can be advised. */
export type HintCode = keyof typeof hints;

// What a param may be that is not the same in every language: "@number".
const terms: Readonly<Record<string, Readonly<Record<Lang, string>>>> = {
  "@int": { en: "a whole number", zh: "整数" },
  "@number": { en: "a number", zh: "数字" },
  "@text": { en: "text", zh: "文本" },
  "@boolean": { en: "true or false", zh: "true 或 false" },
  "@map": { en: "a map of keys", zh: "键值表" },
  "@list": { en: "a list", zh: "列表" },
  "@empty": { en: "it is empty", zh: "内容为空" },
  "@missing": { en: "something is missing", zh: "缺少内容" },
  "@nothing": { en: "nothing", zh: "空值" },
  "@form": { en: "it has not the expected form", zh: "形式不符" },
  "@gateway": { en: "gateway", zh: "网关" },
  "@buffer": { en: "buffer", zh: "缓存" },
  "@device": { en: "device", zh: "设备" },
  "@point": { en: "point", zh: "测点" },
};

/** Fills a text's {names}. */
function fill(text: string, lang: Lang, params: Readonly<Record<string, string>>): string {
  const said = (value: string) => (lang === "zh" ? inChinese(value) : value);
  const inLanguage = (value: string) =>
    said(value).replaceAll(/(?<=^| )@[a-z]+(?=$| |,)/g, (term) => terms[term]?.[lang] ?? term);
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => inLanguage(params[name] ?? whole));
}

/** A problem in words. */
export function messageText(
  code: ProblemCode,
  lang: Lang,
  params: Readonly<Record<string, string>>,
): string {
  return fill(problems[code][lang], lang, params);
}

/** An advice in words. */
export function hintText(
  code: HintCode,
  lang: Lang,
  params: Readonly<Record<string, string>>,
): string {
  return fill(hints[code][lang], lang, params);
}
