// As much of DER as a certificate takes.

const CLASS = { context: 0x80, constructed: 0x20 } as const;

function element(kind: number, content: Uint8Array): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([kind, length]), content]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.concat([Buffer.from([kind, 0x80 | bytes.length, ...bytes]), content]);
}

export const der = {
  sequence: (...parts: readonly Uint8Array[]) => element(0x30, Buffer.concat(parts)),
  set: (...parts: readonly Uint8Array[]) => element(0x31, Buffer.concat(parts)),
  /** Big-endian, not negative. */
  integer: (bytes: Uint8Array) => {
    const first = bytes.findIndex((byte) => byte !== 0);
    const short = first < 0 ? Buffer.alloc(1) : Buffer.from(bytes.subarray(first));
    const isHigh = ((short[0] ?? 0) & 0x80) !== 0;
    return element(0x02, isHigh ? Buffer.concat([Buffer.alloc(1), short]) : short);
  },
  boolean: (value: boolean) => element(0x01, Buffer.from([value ? 0xff : 0])),
  bits: (bytes: Uint8Array, unusedCount = 0) =>
    element(0x03, Buffer.concat([Buffer.from([unusedCount]), bytes])),
  octets: (bytes: Uint8Array) => element(0x04, bytes),
  utf8: (text: string) => element(0x0c, Buffer.from(text, "utf8")),
  /** "1.2.840.10045.4.3.2". */
  oid: (text: string) => {
    const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
    return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
  },
  /** Years from 2050 on have four digits. */
  time: (ms: number) => {
    const text = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
    const isLate = Number(text.slice(0, 4)) >= 2050;
    return element(isLate ? 0x18 : 0x17, Buffer.from(isLate ? text : text.slice(2)));
  },
  /** [n] with parts inside. */
  explicit: (number: number, ...parts: readonly Uint8Array[]) =>
    element(CLASS.context | CLASS.constructed | number, Buffer.concat(parts)),
  /** [n] in place of the content's own kind. */
  implicit: (number: number, content: Uint8Array) => element(CLASS.context | number, content),
};

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}
