// What people write into the columns of type and table, as words of ours.

const KNOWN_TYPES = new Set([
  ...["bool", "bit", "bits", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64"],
  ...["uint64", "float16", "float32", "float64", "bcd16", "bcd32", "string"],
]);

/** Whether a point can have it. */
export function isType(word: string): boolean {
  return KNOWN_TYPES.has(word);
}

const TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ short: "int16", int: "int16", word: "uint16", uint: "uint16", byte: "uint8" },
    ...{ dint: "int32", long: "int32", dword: "uint32", udint: "uint32", ulong: "uint32" },
    ...{ lint: "int64", ulint: "uint64", lword: "uint64", lreal: "float64", double: "float64" },
    ...{ 有符号: "int16", 无符号: "uint16", 单精度: "float32", 双精度: "float64" },
    ...{ boolean: "bool", 布尔: "bool", 布尔型: "bool", 布尔量: "bool", 开关量: "bool", 位: "bit" },
    ...{ 字符串: "string", text: "string", ascii: "string", bcd: "bcd16", bcd码: "bcd16" },
  }),
);

const IS_FLOAT = /float|real|single|浮点|单精度/;
const IS_NUMBER = /int|整|float|real|single|浮点|单精度|signed|符号|\d/;
const IS_UNSIGNED = /unsigned|无符号/;
const NOISE =
  /float|real|single|浮点型?|单精度|unsigned|signed|无符号|[有带]符号|integer|int|整数|整型|整形|数|bits?|位|[()_-]/g;

/** "32位浮点数", "float (32 bit)", "无符号16位", "U32", "short": a type of ours, else as it is. */
export function typeWord(written: string): string {
  const small = written.normalize("NFKC").toLowerCase().replaceAll(/\s+/g, "");
  const known = isType(small) ? small : TYPES.get(small);
  if (known !== undefined) return known;
  if (!IS_NUMBER.test(small)) return small;
  const rest = small.replaceAll(NOISE, "");
  const [, letter, width] = /^([usif])?(8|16|32|64)?$/.exec(rest) ?? [];
  if (letter === undefined && width === undefined && rest !== "") return small;
  if (letter === "f" || IS_FLOAT.test(small)) return `float${width ?? 32}`;
  const isUnsigned = letter === "u" || IS_UNSIGNED.test(small);
  return `${isUnsigned ? "uint" : "int"}${width ?? 16}`;
}

const ORDERS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ 12: "AB", 21: "BA", 1234: "ABCD", 3412: "CDAB", 2143: "BADC", 4321: "DCBA" },
    ...{ BIGENDIAN: "ABCD", BIG: "ABCD", 大端: "ABCD" },
  }),
);

/** "CD AB", "3412", "big-endian"; undefined for what may mean several, as "little-endian" does. */
export function orderWord(written: string): string | undefined {
  const bare = written
    .normalize("NFKC")
    .toUpperCase()
    .replaceAll(/[\s_-]+/g, "");
  return ORDERS.get(bare) ?? (/^[A-H]{2,8}$/.test(bare) ? bare : undefined);
}

const TABLES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ holding: "holding", input: "input", coil: "coil", discrete: "discrete" },
    ...{ 1: "coil", 2: "discrete", 3: "holding", 4: "input" },
    ...{ "0x": "coil", "1x": "discrete", "3x": "input", "4x": "holding" },
    ...{ inputstatus: "discrete", discreteinput: "discrete", coilstatus: "coil" },
    ...{ 线圈: "coil", 离散输入: "discrete", 保持: "holding", 输入: "input" },
  }),
);

/** "Holding Registers", "03", "0x03/0x06", "4x", "输入寄存器"; the first, where several stand there. */
export function tableWord(written: string): string | undefined {
  const small = written
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, "");
  const [first = ""] = small.split(/[/,、;]/);
  const whole = TABLES.get(first);
  if (whole !== undefined) return whole;
  const bare = first.replace(/^(fc|功能码)/, "").replace(/registers?$|s$|寄存器区?$|区$|h$/, "");
  return TABLES.get(bare) ?? TABLES.get(bare.replace(/^(0x)?0*/, ""));
}
