import {
  type InspectedWord,
  type InspectHints,
  type Inspection,
  type InspectQuestion,
  type Interpretation,
  Misconfigured,
  Unreachable,
} from "@headgate/model";
import { type Address, parsePlace } from "../address.ts";
import { placesOf } from "../byte-order.ts";
import { isBitTable, type Table } from "../request.ts";
import type { Device } from "../settings.ts";
import { type Display, parseDisplay } from "./display.ts";
import { type Ranked, rank } from "./rank.ts";
import { type ReadWords, readWords, type WordsRead } from "./read-words.ts";
import { timesTenTo } from "./readings.ts";

/** Registers shown before and after the place; interpretations begin 2 before and end 6 after. */
const BEFORE = 4;
const AFTER = 7;
const ADDRESS_MAX = 0xffff;

export interface InspectOptions {
  readonly question: InspectQuestion<Address, Device>;
  readonly read: Pick<ReadWords, "ask" | "silence">;
  /** Between two reads, so that what is measured may move. */
  readonly pause: () => Promise<void>;
}

/** Reads a place of a device twice with its neighbours, and ranks what it may mean. */
export async function inspectRegisters(options: InspectOptions): Promise<Inspection> {
  const { question, read, pause } = options;
  const { device, hints } = question;
  const { table, from } = placeOf(question.address);
  const display = displayOf(hints);
  const first = Math.max(0, from - BEFORE);
  const last = Math.min(ADDRESS_MAX, from + AFTER);
  const { unitId, maxRegisters } = device;
  const span = { ...read, unitId, table, countMax: maxRegisters };
  const now = await readWords({ ...span, from: first, count: last - first + 1 });
  const elsewhere = now.words.size === 0 ? await findElsewhere({ ...span, from }) : null;
  await pause();
  const later = await readAgain(span, now);
  const relative = (words: ReadonlyMap<number, number>) =>
    new Map([...words].map(([at, word]) => [at - from, word]));
  const { ranked, verdict } = rank({
    words: relative(now.words),
    later: later && relative(later),
    display,
    hints,
  });
  const words: InspectedWord[] = [];
  for (let at = first; at <= last; at++) {
    const word = now.words.get(at) ?? null;
    const again = later?.get(at);
    words.push({
      address: `${table}:${at}`,
      offset: at - from,
      word,
      hasChanged: word !== null && again !== undefined && again !== word,
      refusal: now.refusals.get(at) ?? null,
    });
  }
  const interpretations = ranked.map((one) =>
    interpretationOf(one, { table, from, words: now.words }),
  );
  return { unit: unitId, address: `${table}:${from}`, words, elsewhere, interpretations, verdict };
}

function placeOf(address: string | Address): { table: Table; from: number } {
  const place = typeof address === "string" ? parsePlace(address) : address;
  if (typeof place === "string") throw new Misconfigured(`inspect: ${place}`);
  if (!isBitTable(place.table)) return place;
  throw new Misconfigured(
    `inspect ${place.table}:${place.from}: one bit reads one way only; name a holding or an input`,
  );
}

function displayOf({ shows }: InspectHints): Display | null {
  if (shows === null) return null;
  const display = parseDisplay(shows);
  if (display) return display;
  const advice = "write the digits as they stand there, with a point: 230.1";
  throw new Misconfigured(`inspect: "${shows}" is no number that a display shows; ${advice}`);
}

/** Manuals mix up the two tables of registers, and some devices know only one. */
async function findElsewhere(span: Omit<ReadWords, "count">): Promise<string | null> {
  const table = span.table === "holding" ? "input" : "holding";
  const { words } = await readWords({ ...span, table, count: 1 });
  return words.size > 0 ? `${table}:${span.from}` : null;
}

/** The same words a moment later; null if that failed: one reading is an answer too. */
async function readAgain(
  span: Omit<ReadWords, "from" | "count">,
  { words }: WordsRead,
): Promise<ReadonlyMap<number, number> | null> {
  const again = new Map<number, number>();
  try {
    for (const { from, count } of runsOf([...words.keys()])) {
      const read = await readWords({ ...span, from, count });
      for (const [at, word] of read.words) again.set(at, word);
    }
  } catch (error) {
    if (error instanceof Unreachable) return null;
    throw error;
  }
  return again.size === words.size ? again : null;
}

function runsOf(addresses: readonly number[]): { from: number; count: number }[] {
  const runs: { from: number; count: number }[] = [];
  for (const at of addresses.toSorted((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run && run.from + run.count === at) run.count++;
    else runs.push({ from: at, count: 1 });
  }
  return runs;
}

function interpretationOf(
  { offset, type, letters, exponent, raw, value, share, reasons }: Ranked,
  { table, from, words }: { table: Table; from: number; words: ReadonlyMap<number, number> },
): Interpretation {
  const wire = Array.from({ length: letters.length }, (_, at) => {
    const word = words.get(from + offset + (at >> 1)) ?? 0;
    return at % 2 === 0 ? word >> 8 : word & 0xff;
  });
  const bytes = placesOf(letters).map((at) => hexOf(wire[at] ?? 0));
  return {
    offset,
    settings: {
      address: `${table}:${from + offset}`,
      type,
      order: letters === "AB" ? null : letters,
      scale: timesTenTo(1, exponent),
    },
    bytes: bytes.join(" "),
    value: Number.isSafeInteger(Number(raw)) ? value : exactText(raw, exponent, value),
    share,
    reasons,
  };
}

/** More digits than a number holds; only whole numbers of 64 bits have them. */
function exactText(raw: number | bigint, exponent: number, value: number): number | string {
  if (typeof raw === "number") return value;
  if (exponent >= 0) return String(raw * 10n ** BigInt(exponent));
  // So many digits that there are some before the point, whatever the sign.
  const digits = String(raw);
  const fraction = digits.slice(exponent).replace(/0+$/, "");
  return `${digits.slice(0, exponent)}${fraction === "" ? "" : `.${fraction}`}`;
}

function hexOf(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, "0");
}
