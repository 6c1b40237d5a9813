/** How bytes stand on a serial line, as the configuration writes it. */
export interface LineSettings {
  readonly baudRate: number;
  readonly parity: "none" | "even" | "odd";
  readonly stopBits: 1 | 2;
}

/** What devices leave the factory with, the most frequent first. */
const FREQUENT =
  "9600 8N1, 9600 8E1, 19200 8E1, 19200 8N1, 4800 8N1, 2400 8E1, 38400 8N1, 115200 8N1";
const RARE =
  "57600 8N1, 115200 8E1, 38400 8E1, 4800 8E1, 2400 8N1, 1200 8N1, 9600 8N2, 19200 8N2, 9600 8O1";
const PARITIES = { N: "none", E: "even", O: "odd" } as const;

/** "9600 8N1". */
export function lineText({ baudRate, parity, stopBits }: LineSettings): string {
  return `${baudRate} 8${parity.charAt(0).toUpperCase()}${stopBits}`;
}

/** From "9600 8N1"; null if it is none. */
export function readLineSettings(text: string): LineSettings | null {
  const [, rate, parity, stop] = /^(\d+) ?8?([NEO])([12])$/i.exec(text.trim()) ?? [];
  if (rate === undefined || parity === undefined) return null;
  return {
    baudRate: Number(rate),
    parity: PARITIES[parity.toUpperCase() as keyof typeof PARITIES],
    stopBits: stop === "2" ? 2 : 1,
  };
}

/** Every setting with one of these rates and parities (all if empty), likeliest first. */
export function likelySettings(
  baudRates: readonly number[],
  parities: readonly LineSettings["parity"][],
): LineSettings[] {
  const known = `${FREQUENT}, ${RARE}`
    .split(", ")
    .map(readLineSettings)
    .filter((one) => one !== null);
  // Who names both means one setting, not also the rare one of two stop bits.
  const isExact = baudRates.length > 0 && parities.length > 0;
  const isWanted = ({ baudRate, parity, stopBits }: LineSettings) =>
    !(isExact && stopBits === 2) &&
    (baudRates.length === 0 || baudRates.includes(baudRate)) &&
    (parities.length === 0 || parities.includes(parity));
  // Nobody named a rate or parity: what is rare is not worth the time.
  const frequentCount = FREQUENT.split(", ").length;
  const isOpen = baudRates.length === 0 && parities.length === 0;
  const likely = (isOpen ? known.slice(0, frequentCount) : known).filter(isWanted);
  const missing = baudRates.flatMap((baudRate) =>
    (parities.length === 0 ? (["none", "even"] as const) : parities)
      .filter((parity) => !likely.some((one) => one.baudRate === baudRate && one.parity === parity))
      .map((parity): LineSettings => ({ baudRate, parity, stopBits: 1 })),
  );
  return [...likely, ...missing];
}

/** Of meters of DL/T 645 and CJ/T 188, the standards' own first. */
const OF_METERS = "2400 8E1, 9600 8E1, 9600 8N1, 4800 8E1, 1200 8E1";
/** Such meters are not made for more. */
const METER_RATE_MAX = 19_200;

/** The settings at which meters with long numbers are called: those of them that are wanted. */
export function meterSettings(
  baudRates: readonly number[],
  parities: readonly LineSettings["parity"][],
): LineSettings[] {
  const known = OF_METERS.split(", ")
    .map(readLineSettings)
    .filter((one) => one !== null);
  if (baudRates.length === 0 && parities.length === 0) return known;
  return likelySettings(baudRates, parities).filter(
    ({ baudRate, stopBits }) => baudRate <= METER_RATE_MAX && stopBits === 1,
  );
}

/** A question to a unit, and the longest to all meters. */
const LOOK_BYTES = 8;
export const CALL_BYTES = 20;

/** How long one look takes on such a line until nobody is known to answer it. */
export function absentMs(
  { baudRate, parity, stopBits }: LineSettings,
  timeoutMs: number,
  byteCount = LOOK_BYTES,
): number {
  const bitsPerByte = 9 + stopBits + (parity === "none" ? 0 : 1);
  return timeoutMs + (byteCount * bitsPerByte * 1000) / baudRate;
}
