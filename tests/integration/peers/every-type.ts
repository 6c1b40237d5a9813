/** One point of a Modbus device: as a person writes it, what its registers hold, what it means. */
export interface TypedRow {
  readonly name: string;
  /** YAML after the address. */
  readonly yaml: string;
  readonly registers: readonly number[];
  /** As `headgate read --json` prints it. */
  readonly value: number | string | boolean;
}

/** Most significant byte first, as Python's struct packs them with ">". */
const NUMBERS: readonly [type: string, hex: string, value: number | string][] = [
  ["int16", "fb2e", -1234],
  ["uint16", "abcd", 43_981],
  ["float16", "be00", -1.5],
  ["bcd16", "1234", 1234],
  ["int32", "f8a432eb", -123_456_789],
  ["uint32", "deadbeef", 3_735_928_559],
  ["float32", "4366199a", 230.1],
  ["bcd32", "12345678", 12_345_678],
  ["int64", "ffdfffffffffffff", "-9007199254740993"],
  ["uint64", "fedcba9876543210", "18364758544493064720"],
  ["float64", "406cc33333333333", 230.1],
];

/** What a device does to a value: exchanges its words, and the bytes within each. */
const ORDERS: readonly [order: string, areWordsTurned: boolean, areBytesTurned: boolean][] = [
  ["ABCD", false, false],
  ["CDAB", true, false],
  ["BADC", false, true],
  ["DCBA", true, true],
];

/** Without an order of their own. */
const OTHERS: readonly TypedRow[] = [
  { name: "bit-set", yaml: "type: bit, bit: 9", registers: [0x0200], value: true },
  { name: "bit-clear", yaml: "type: bit, bit: 8", registers: [0x0200], value: false },
  { name: "bits", yaml: "type: bits, mask: 0x0ff0", registers: [0x1234], value: 0x23 },
  { name: "int8", yaml: "type: int8, byte: high", registers: [0xfe12], value: -2 },
  { name: "uint8", yaml: "type: uint8", registers: [0xfe12], value: 0x12 },
  {
    name: "text",
    yaml: "type: string, length: 3",
    registers: [0x4d34, 0x4d20, 0x3330],
    value: "M4M 30",
  },
  {
    name: "scaled",
    yaml: "type: int16, scale: 0.1, offset: -5, unit: °C",
    registers: [0xffd8],
    value: -9,
  },
];

/** Every type in every order. */
export const EVERY_TYPE: readonly TypedRow[] = [
  ...NUMBERS.flatMap(([type, hex, value]) =>
    ORDERS.map(([order, areWordsTurned, areBytesTurned]): TypedRow => {
      const words = hex.match(/.{4}/g) ?? [];
      const turned = areWordsTurned ? words.toReversed() : words;
      const swap = (word: string) => (areBytesTurned ? word.slice(2) + word.slice(0, 2) : word);
      const registers = turned.map((word) => Number.parseInt(swap(word), 16));
      return {
        name: `${type}-${order.toLowerCase()}`,
        yaml: `type: ${type}, order: ${order}`,
        registers,
        value,
      };
    }),
  ),
  ...OTHERS,
];
