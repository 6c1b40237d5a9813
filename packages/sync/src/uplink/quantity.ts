import { z } from "zod";

const SIZES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
const BITS_A_SECOND: Readonly<Record<string, number>> = {
  "bit/s": 1,
  "kbit/s": 1e3,
  "Mbit/s": 1e6,
};

const DAY_MINUTES = 24 * 60;

/** Bytes a second, written in bits: "256 kbit/s". */
export const rate = z
  .string()
  .regex(/^\d+(\.\d+)? ?(bit|kbit|Mbit)\/s$/)
  .meta({ "x-quantity": "rate", description: "Rate with its unit, at least 1 kbit/s" })
  .transform((text, check) => {
    const bits = amountOf(text, BITS_A_SECOND);
    if (bits < 1000) check.addIssue(outside(text, "≥ 1 kbit/s"));
    return bits / 8;
  });

/** Bytes, written with a unit: "500 MB". */
export const size = z
  .string()
  .regex(/^\d+(\.\d+)? ?(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$/)
  .meta({ "x-quantity": "size", description: "Size with its unit, at least 1 MB" })
  .transform((text, check) => {
    const bytes = amountOf(text, SIZES);
    if (bytes < 1e6) check.addIssue(outside(text, "≥ 1 MB"));
    return bytes;
  });

/** Minutes after midnight, written as a clock shows them: "22:00". */
export const timeOfDay = z
  .string()
  .regex(/^([01]?\d|2[0-3]):[0-5]\d$|^24:00$/, 'write a time of day, like "22:00"')
  .transform((text) => {
    const [hours = 0, minutes = 0] = text.split(":").map(Number);
    return (60 * hours + minutes) % DAY_MINUTES;
  });

function amountOf(text: string, units: Readonly<Record<string, number>>): number {
  const [, amount, unit = ""] = /^([\d.]+) ?(.+)$/.exec(text) ?? [];
  return Number(amount) * (units[unit] ?? Number.NaN);
}

const outside = (value: string, range: string) =>
  ({ code: "custom", params: { code: "out-of-range", value, range } }) as const;
