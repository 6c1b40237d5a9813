import type { Value } from "@headgate/model";
import { digitsOf, hexOf } from "./bcd.ts";

/** A value, or why there is none. */
export type Reading = { readonly value: Value } | { readonly reason: string };

/** How the bytes of one item are read: data alone, which goes from thread to thread. */
export interface Format {
  /** As standards write it: XXXXXX.XX, YYMMDDhhmm. */
  readonly text: string;
  readonly byteCount: number;
  /** Whether the top bit may be a sign. */
  readonly isNumber: boolean;
}

type Decode = (bytes: Uint8Array, isSigned: boolean) => Reading;
type Known = { readonly format: Format; readonly decode: Decode };

const BYTES_MAX = 32;
const FORMAT_HINT = "write it as in the standard: XXXXXX.XX, YYMMDDhhmm, NNNN, ASCII8 or bits16";

/** People write a handful; more are made anew each time. */
const KNOWN_MAX = 500;
const known = new Map<string, Known>();

/** A format from its text, or what is wrong with it. */
export function parseFormat(text: string): Format | string {
  const found = knownFormat(text);
  return typeof found === "string" ? found : found.format;
}

/** What bytes say in a format. */
export function decodeAs({ text }: Format, bytes: Uint8Array, isSigned: boolean): Reading {
  const found = knownFormat(text);
  if (typeof found === "string") throw new Error(found);
  return found.decode(bytes, isSigned);
}

function knownFormat(text: string): Known | string {
  const before = known.get(text);
  if (before) return before;
  const found = newFormat(text);
  if (typeof found !== "string" && known.size < KNOWN_MAX) known.set(text, found);
  return found;
}

function newFormat(text: string): Known | string {
  const found = numberFormat(text) ?? textFormat(text) ?? bitsFormat(text) ?? timeFormat(text);
  if (found === null) return `format ${JSON.stringify(text)} is not understood; ${FORMAT_HINT}`;
  const { format } = found;
  if (!Number.isInteger(format.byteCount)) {
    return `format ${text} has an odd number of digits; two digits make a byte`;
  }
  if (format.byteCount < 1 || format.byteCount > BYTES_MAX) {
    return `format ${text} has ${format.byteCount} bytes; 1 to ${BYTES_MAX} are possible`;
  }
  return found;
}

/** The format of a text that is known to be one. */
export function formatOf(text: string): Format {
  const format = parseFormat(text);
  if (typeof format === "string") throw new Error(format);
  return format;
}

function numberFormat(text: string): Known | null {
  const [, whole, fraction = ""] = /^(X+)(?:\.(X+))?$/.exec(text) ?? [];
  if (whole === undefined) return null;
  const digitCount = whole.length + fraction.length;
  const decode = (bytes: Uint8Array, isSigned: boolean): Reading => {
    const isNegative = isSigned && ((bytes.at(-1) as number) & 0x80) !== 0;
    const digits = digitsOf(isNegative ? withoutSign(bytes) : bytes);
    if (!/^\d+$/.test(digits)) return { reason: `no decimal digits (${hexOf(bytes)})` };
    const written = `${digits.slice(0, whole.length)}.${digits.slice(whole.length)}`;
    const value = Number(written);
    return { value: isNegative && value !== 0 ? -value : value };
  };
  const format = { text, byteCount: digitCount / 2, isNumber: true };
  return { format, decode: unlessFilled(decode) };
}

function withoutSign(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[copy.length - 1] = (copy.at(-1) as number) & 0x7f;
  return copy;
}

/** Digits that name something, and texts: high byte first once they are turned round. */
function textFormat(text: string): Known | null {
  if (/^N+$/.test(text)) {
    const decode = (bytes: Uint8Array): Reading => {
      const digits = digitsOf(bytes);
      return /^\d+$/.test(digits)
        ? { value: digits }
        : { reason: `no decimal digits (${hexOf(bytes)})` };
    };
    const format = { text, byteCount: text.length / 2, isNumber: false };
    return { format, decode: unlessFilled(decode) };
  }
  const length = /^ASCII(\d+)$/.exec(text)?.[1];
  if (length === undefined) return null;
  const decode = (bytes: Uint8Array): Reading => {
    const written = Buffer.from(bytes)
      .reverse()
      .toString("latin1")
      .replace(/[\0 ]+$/, "");
    const value = written.replace(/^\0+/, "");
    return /^[\x20-\x7e]*$/.test(value) ? { value } : { reason: `no text (${hexOf(bytes)})` };
  };
  const format = { text, byteCount: Number(length), isNumber: false };
  return { format, decode: unlessFilled(decode) };
}

/** Status words: every pattern means something, also that of all ones. */
function bitsFormat(text: string): Known | null {
  const bits = /^bits(8|16|32)$/.exec(text)?.[1];
  if (bits === undefined) return null;
  const decode = (bytes: Uint8Array): Reading => ({ value: Number(`0x${digitsOf(bytes)}`) });
  const format = { text, byteCount: Number(bits) / 8, isNumber: false };
  return { format, decode };
}

const TIME_PARTS = /^(YYYY|YY|MM|DD|WW|hh|mm|ss)/;

function timeFormat(text: string): Known | null {
  if (text === "") return null;
  const parts: string[] = [];
  for (let rest = text; rest !== ""; rest = rest.slice((parts.at(-1) as string).length)) {
    const part = TIME_PARTS.exec(rest)?.[1];
    if (part === undefined || parts.includes(part)) return null;
    parts.push(part);
  }
  const decode = (bytes: Uint8Array): Reading => {
    const digits = digitsOf(bytes);
    if (/^0+$/.test(digits) && parts.includes("MM")) return { reason: "no time yet (all zeros)" };
    const value = timeText(digits, parts);
    return value === null ? { reason: `no time (${hexOf(bytes)})` } : { value };
  };
  const format = { text, byteCount: text.length / 2, isNumber: false };
  return { format, decode: unlessFilled(decode) };
}

const LIMITS: Readonly<Record<string, readonly [number, number]>> = {
  YYYY: [2000, 2099],
  MM: [1, 12],
  DD: [1, 31],
  WW: [0, 7],
  hh: [0, 23],
  mm: [0, 59],
  ss: [0, 59],
};

/** `2026-11-25T10:20:30`, or the part of it that is there; null if that is no time. */
function timeText(digits: string, parts: readonly string[]): string | null {
  if (!/^\d+$/.test(digits)) return null;
  const found = new Map<string, string>();
  let at = 0;
  for (const part of parts) {
    const written = digits.slice(at, at + part.length);
    at += part.length;
    const [min, max] = LIMITS[part] ?? [0, 99];
    if (Number(written) < min || Number(written) > max) return null;
    found.set(part, written);
  }
  const short = found.get("YY");
  const year = found.get("YYYY") ?? (short && `20${short}`);
  const day = [year, found.get("MM"), found.get("DD")].filter((part) => part !== undefined);
  const time = ["hh", "mm", "ss"].map((part) => found.get(part)).filter((part) => part);
  return [day.join("-"), time.join(":")].filter((part) => part !== "").join("T");
}

/** Meters fill what they do not have, or do not measure, with FF. */
function unlessFilled(decode: Decode): Decode {
  return (bytes, isSigned) =>
    bytes.every((byte) => byte === 0xff)
      ? { reason: "not available (filled with FF)" }
      : decode(bytes, isSigned);
}
