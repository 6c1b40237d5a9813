/** Numbers and times as people of a language write them. */

export interface Valued {
  readonly value: boolean | number | string | null;
  readonly isInteger64: boolean;
}

const formats = new Map<string, Intl.NumberFormat>();

export function number(value: number, digits: number, lang: string): string {
  const key = `${lang} ${digits}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(lang, { maximumFractionDigits: digits });
    formats.set(key, format);
  }
  return format.format(value);
}

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function bytes(value: number, lang: string): string {
  let step = 0;
  let amount = value;
  while (amount >= 1024 && step < BYTE_UNITS.length - 1) {
    amount /= 1024;
    step++;
  }
  return `${number(amount, amount < 10 && step > 0 ? 1 : 0, lang)} ${BYTE_UNITS[step]}`;
}

export type SpanUnit = "seconds" | "minutes" | "hours" | "days";

/** One unit, the largest of which there are at least two. */
export function span(ms: number): { readonly unit: SpanUnit; readonly count: number } {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return { unit: "seconds", count: seconds };
  if (seconds < 7200) return { unit: "minutes", count: Math.floor(seconds / 60) };
  if (seconds < 172_800) return { unit: "hours", count: Math.floor(seconds / 3600) };
  return { unit: "days", count: Math.floor(seconds / 86_400) };
}

/** Plain digits; with an exponent only where those would be a riddle. */
export function pointValue({ value, isInteger64 }: Valued, lang: string): string {
  if (value === null) return "—";
  // Exact: as a number it would lose its last digits.
  if (isInteger64) return BigInt(value).toLocaleString(lang);
  if (typeof value !== "number") return String(value);
  const amount = Math.abs(value);
  if (amount === 0 || (amount >= 0.001 && amount < 1e15)) return number(value, 4, lang);
  return value.toPrecision(4);
}

interface Parts {
  readonly date: string;
  readonly time: string;
  /** "+08", "+05:30", "UTC". */
  readonly offset: string;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(timeZone: string): Intl.DateTimeFormat {
  let clock = clocks.get(timeZone);
  if (!clock) {
    const two = "2-digit";
    const date = { year: "numeric", month: two, day: two } as const;
    const time = { hour: two, minute: two, second: two, hourCycle: "h23" } as const;
    clock = new Intl.DateTimeFormat("en", { timeZone, ...date, ...time });
    clocks.set(timeZone, clock);
  }
  return clock;
}

/** What a clock of a place shows: year, month, day, hour, minute, second, in digits. */
function digitsOf(ms: number, timeZone: string): Readonly<Record<string, string>> {
  const part: Record<string, string> = {};
  for (const { type, value } of clockOf(timeZone).formatToParts(ms)) part[type] = value;
  return part;
}

/** How far the clocks of a place are before UTC. */
export function offsetMs(ms: number, timeZone: string): number {
  const { year, month, day, hour, minute, second } = digitsOf(ms, timeZone);
  const asUtc = Date.UTC(
    ...([Number(year), Number(month) - 1, Number(day)] as const),
    ...([Number(hour), Number(minute), Number(second)] as const),
  );
  return asUtc - Math.floor(ms / 1000) * 1000;
}

/** A moment at the site: the same digits in every language, with the offset from UTC. */
export function moment(ms: number, timeZone: string): Parts {
  const { year, month, day, hour, minute, second } = digitsOf(ms, timeZone);
  return {
    date: `${year}-${month}-${day}`,
    time: `${hour}:${minute}:${second}`,
    offset: offsetText(Math.round(offsetMs(ms, timeZone) / 60_000)),
  };
}

/** Clocks are never put on or back by more. */
const CHANGE_MS_MAX = 3 * 3_600_000;

/** Date and time; with the offset too in the hour of a night that comes twice. */
export function plainMoment(ms: number, timeZone: string): string {
  const { date, time, offset } = moment(ms, timeZone);
  const own = offsetMs(ms, timeZone);
  const isTwice = [ms - CHANGE_MS_MAX, ms + CHANGE_MS_MAX].some((near) => {
    const other = offsetMs(near, timeZone);
    return other !== own && offsetMs(ms + own - other, timeZone) === other;
  });
  return isTwice ? `${date} ${time} ${offset}` : `${date} ${time}`;
}

function offsetText(minutes: number): string {
  if (minutes === 0) return "UTC";
  const two = (value: number) => String(value).padStart(2, "0");
  const whole = Math.abs(minutes);
  const rest = whole % 60;
  const sign = minutes < 0 ? "−" : "+";
  return sign + two(Math.floor(whole / 60)) + (rest === 0 ? "" : `:${two(rest)}`);
}
