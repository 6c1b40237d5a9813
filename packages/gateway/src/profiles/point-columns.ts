import type { Lang } from "../config/messages.ts";
import { isType, orderWord, tableWord, typeWord } from "./column-words.ts";
import { MEANINGS } from "./meanings.ts";

/** What a cell means, or why it means nothing. */
type Read = { readonly value: unknown } | { readonly why: Readonly<Record<Lang, string>> };

/** A column of a table of points. */
export interface PointColumn {
  /** Of the profile's point, or "name". */
  readonly key: string;
  readonly titles: Readonly<Record<Lang, string>>;
  /** Other titles that people give it, in small letters. */
  readonly others: readonly string[];
  readonly read: (text: string) => Read;
}

const value = (given: unknown): Read => ({ value: given });
const refuse = (en: string, zh: string): Read => ({ why: { en, zh } });
const text = (written: string): Read => value(written);

function number(given: string): Read {
  const written = given.normalize("NFKC");
  const found = Number(written);
  if (Number.isFinite(found)) return value(found);
  if (!/^-?\d+,\d+$/.test(written)) {
    return refuse(`"${written}" is no number`, `“${written}”不是数字`);
  }
  const point = written.replace(",", ".");
  return refuse(`"${written}" is no number; write ${point}`, `“${written}”不是数字，请写 ${point}`);
}

function whole(given: string): Read {
  const written = given.normalize("NFKC");
  const isHex = /^0x[0-9a-f]+h?$/i.test(written) || /^[0-9a-f]+h$/i.test(written);
  const found = isHex ? Number.parseInt(written.replace(/^0x/i, ""), 16) : Number(written);
  if (written !== "" && Number.isInteger(found) && found >= 0) return value(found);
  return refuse(
    `"${written}" is no register; write 16, 0x10 or 10h`,
    `“${written}”不是寄存器地址，请写 16、0x10 或 10h`,
  );
}

const NAMED_TABLE = /^(holding|input|coil|discrete):/;

/** "20-21", "0x14~0x15": the registers of one value; the type says how many. */
const SPAN = /^([0-9a-fxh]+) ?[-~–] ?([0-9a-fxh]+)$/i;
const BIT_BEHIND = /^(\d+)\.(\d+)$/;

function address(given: string): Read {
  if (given.startsWith("sunspec:")) return value(given);
  const written = given.normalize("NFKC").replace(NAMED_TABLE, "");
  const [, register, bit] = BIT_BEHIND.exec(written) ?? [];
  if (bit !== undefined) {
    return refuse(
      `"${written}" is no register; write ${register}, and the bit into a column of its own, "bit"`,
      `“${written}”不是寄存器地址，请写 ${register}，位号另写一列“位”`,
    );
  }
  const [, first, last] = SPAN.exec(written) ?? [];
  const [from, to] = [first, last].map((end) => (end === undefined ? null : whole(end)));
  const isSpan = from && to && "value" in from && "value" in to;
  if (isSpan && Number(to.value) > Number(from.value)) return from;
  return whole(written);
}

/** Hex digits of an item; spreadsheets take the zeros before a number away. */
const ITEM_DIGITS = { dlt645: 8, cjt188: 4 } as const;

/** An address as another family of drivers has it. */
export function addressOf(family: keyof typeof ITEM_DIGITS, written: string): Read {
  const digits = ITEM_DIGITS[family];
  if (/^[a-z][a-z0-9.]*(:time)?$/.test(written)) return value(written);
  const [, id = "", time = ""] = /^([0-9A-Fa-f]+)(:time)?$/.exec(written) ?? [];
  const isWhole = id.length === digits || (/^\d+$/.test(id) && id.length < digits);
  if (isWhole) return value(`${id.toUpperCase().padStart(digits, "0")}${time}`);
  return refuse(
    `"${written}" is no item; write its ${digits} hex digits, or a name such as volume.total`,
    `“${written}”不是数据标识，请写 ${digits} 位十六进制数，或写名称，例如 volume.total`,
  );
}

function yesOrNo(written: string): Read {
  const small = written.toLowerCase();
  if (["true", "yes", "y", "1", "是"].includes(small)) return value(true);
  if (["false", "no", "n", "0", "否"].includes(small)) return value(false);
  return refuse(`"${written}" is neither yes nor no`, `“${written}”应为“是”或“否”`);
}

/** Of two digits that look like a number a spreadsheet takes the zero away. */
function unitCode(written: string): Read {
  if (/^[0-9A-Fa-f]{1,2}$/.test(written)) return value(written.toUpperCase().padStart(2, "0"));
  return refuse(
    `"${written}" is no unit code; write two hex digits, such as 2C for m³`,
    `“${written}”不是单位代码，请写两位十六进制数，例如 2C 表示 m³`,
  );
}

/** The table that stands before an address, as in `input:16`; undefined if none does. */
export function tableBefore(written: string): string | undefined {
  return NAMED_TABLE.exec(written)?.[1];
}

function table(written: string): Read {
  const found = tableWord(written);
  if (found) return value(found);
  return refuse(
    `"${written}" is no table; write holding, input, coil or discrete, or the function code`,
    `“${written}”不是寄存器区，请写 holding、input、coil、discrete 或功能码`,
  );
}

function type(written: string): Read {
  const word = typeWord(written);
  if (isType(word)) return value(word);
  return refuse(
    `"${written}" is no type; write int16, uint32, float32, bool …; the order has its own column`,
    `“${written}”不是数据类型，请写 int16、uint32、float32、bool 等；字节序另写一列`,
  );
}

function order(written: string): Read {
  const word = orderWord(written);
  if (word !== undefined) return value(word);
  return refuse(
    `"${written}" may mean several orders; write ABCD, CDAB, BADC or DCBA`,
    `“${written}”含义不唯一，请写 ABCD、CDAB、BADC 或 DCBA`,
  );
}

/** Without spaces, full width and capitals, which people write as they like: A相电流, Ａ 相电流. */
function bare(written: string): string {
  return written.normalize("NFKC").replaceAll(/\s+/gu, "").toLowerCase();
}

function meaning(written: string): Read {
  if (MEANINGS.has(written)) return value(written);
  const wanted = bare(written);
  const named = [...MEANINGS].find(([, { en, zh }]) => [en, zh].map(bare).includes(wanted));
  if (named) return value(named[0]);
  return refuse(
    `meaning "${written}" is not in the vocabulary; see docs/profiles.md`,
    `含义“${written}”不在词汇表中，见 docs/profiles.md`,
  );
}

const list = (written: string): Read => value(written.split(/[\s,;、]+/).filter(Boolean));
function sentinels(written: string): Read {
  const parts = written.split(/[\s,;]+/).filter(Boolean);
  const wrong = parts.find((one) => !/^(-?\d+|0x[0-9a-f]+|[0-9a-f]+h)$/i.test(one));
  if (wrong === undefined) return value(parts.map(sentinel));
  return refuse(
    `"${wrong}" is no raw value; write 32767, 0x7FFF or 7FFFh`,
    `“${wrong}”不是原始值，请写 32767、0x7FFF 或 7FFFh`,
  );
}

function sentinel(written: string): number | string {
  if (/^0x/i.test(written)) return `0x${written.slice(2)}`;
  return /h$/i.test(written) ? `0x${written.slice(0, -1)}` : Number(written);
}

/** Of an address whose title says that it is hex: 2006 is 0x2006. */
function hexAddress(written: string): Read {
  const plain = written.normalize("NFKC");
  return address(/^[0-9a-f]{1,4}$/i.test(plain) ? `0x${plain}` : written);
}

/** The columns of a table of points; a title stands in the first row. */
export const POINT_COLUMNS: readonly PointColumn[] = [
  {
    key: "name",
    titles: { en: "point", zh: "测点" },
    others: [
      ...[
        "name",
        "tag",
        "tag name",
        "point name",
        "signal",
        "signal name",
        "parameter",
        "variable",
      ],
      ...["点名", "点位", "点位名", "点位名称", "测点名", "测点名称", "名称", "参数", "参数名"],
      ...["参数名称", "变量", "变量名", "变量名称", "信号", "信号名", "信号名称", "标签名"],
    ],
    read: text,
  },
  {
    key: "address",
    titles: { en: "address", zh: "地址" },
    others: [
      ...["register", "register address", "modbus address", "start address", "addr", "reg"],
      ...["寄存器", "寄存器地址", "起始地址", "寄存器起始地址", "modbus地址", "modbus 地址"],
    ],
    read: address,
  },
  {
    key: "table",
    titles: { en: "table", zh: "寄存器区" },
    others: [
      ...["function code", "function", "fc", "register type", "modbus function"],
      ...["功能码", "读功能码", "寄存器类型", "存储区"],
    ],
    read: table,
  },
  {
    key: "type",
    titles: { en: "type", zh: "数据类型" },
    others: ["data type", "datatype", "value type", "类型", "格式"],
    read: type,
  },
  { key: "format", titles: { en: "format", zh: "数据格式" }, others: [], read: text },
  {
    key: "signed",
    titles: { en: "signed", zh: "有符号" },
    others: ["带符号", "符号位"],
    read: yesOrNo,
  },
  { key: "skip", titles: { en: "skip", zh: "跳过字节" }, others: [], read: whole },
  { key: "quantity", titles: { en: "quantity", zh: "物理量" }, others: [], read: text },
  {
    key: "unitCode",
    titles: { en: "unit code", zh: "单位代码" },
    others: ["单位代号"],
    read: unitCode,
  },
  {
    key: "order",
    titles: { en: "order", zh: "字节序" },
    others: ["word order", "byte order", "endian", "字序", "字节顺序", "大小端"],
    read: order,
  },
  { key: "bit", titles: { en: "bit", zh: "位" }, others: [], read: whole },
  { key: "length", titles: { en: "length", zh: "长度" }, others: ["寄存器个数"], read: whole },
  {
    key: "scale",
    titles: { en: "scale", zh: "倍率" },
    others: [
      ...["factor", "scale factor", "multiplier", "resolution"],
      ...["系数", "比例", "比例系数", "换算系数", "缩放", "分辨率"],
    ],
    read: number,
  },
  { key: "offset", titles: { en: "offset", zh: "偏移" }, others: ["偏移量"], read: number },
  { key: "scaledBy", titles: { en: "scaled by", zh: "变比" }, others: ["scaledby"], read: list },
  { key: "unit", titles: { en: "unit", zh: "单位" }, others: ["units", "计量单位"], read: text },
  { key: "meaning", titles: { en: "meaning", zh: "含义" }, others: ["意义"], read: meaning },
  { key: "group", titles: { en: "group", zh: "分组" }, others: [], read: text },
  {
    key: "scan",
    titles: { en: "scan", zh: "周期" },
    others: ["interval", "scan rate", "扫描周期", "采集周期", "采样周期", "采集间隔"],
    read: text,
  },
  { key: "nan", titles: { en: "not available", zh: "无效值" }, others: ["nan"], read: sentinels },
  { key: "min", titles: { en: "min", zh: "最小值" }, others: ["minimum", "下限"], read: number },
  { key: "max", titles: { en: "max", zh: "最大值" }, others: ["maximum", "上限"], read: number },
];

/** The column of an address in hex. */
export const HEX_ADDRESS: PointColumn = {
  key: "address",
  titles: { en: "address", zh: "地址" },
  others: [],
  read: hexAddress,
};
