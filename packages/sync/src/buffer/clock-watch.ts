import { randomBytes } from "node:crypto";
import type { BlockClock, BufferClock, Clock, Sample } from "@headgate/model";
import { type ClockStep, encodeClockBody } from "../block/clock-body.ts";

/** Less is the jitter of two readings, or what a time service does by slowing the clock. */
const STEP_MS_MIN = 500;

/** How often the machine is asked though nothing seems to have changed. */
const FULL_LOOK_MS = 10_000;

/** What is remembered of a clock while its machine runs, also when the gateway starts anew. */
interface ClockBook {
  /** Of the machine: another one begins another book. */
  readonly machineBootId: string;
  /** Names this book in blocks; never used for another. */
  readonly bootId: string;
  /** UTC when the machine's run began, by the clock as it was last. */
  readonly startMs: number;
  /** Once true, for good: what is right is not made wrong again by looking away. */
  readonly isSynced: boolean;
  readonly step: number;
  /** Whether blocks may have been dated while it was not right. */
  readonly isUsed: boolean;
}

/** What a look at the clock found. */
export interface ClockChange {
  readonly book: ClockBook;
  /** To be told in the log of blocks; null where nothing was dated by what has changed. */
  readonly told: ClockStep | null;
  /** By how much UTC was set forward, or back where negative. */
  readonly steppedMs: number;
}

/** What a block to be stamped holds. */
interface Dated {
  readonly isDeviceTime: boolean;
  readonly hasSamples: boolean;
}

interface Parts {
  readonly clock: Clock;
  /** What `toStore` gave before the last stop, or "". */
  readonly stored: string;
  /** A new name of a run: 16 hex digits. */
  readonly newBootId: () => string;
}

/** Knows by which clock blocks are dated, and sees when it is set. */
export class ClockWatch {
  readonly #parts: Parts;
  #book: ClockBook | null = null;
  #isStored = true;
  #seen = { driftMs: Number.NaN, atMs: Number.NaN };
  #lastStep: { readonly ms: number; readonly atMs: number } | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
    const reading = this.#read();
    if (!reading) return;
    const stored = parsedBook(parts.stored);
    if (stored?.machineBootId === reading.machineBootId) this.#book = stored;
    else this.#begin(reading);
  }

  /** Null while the clock is as it was. What has changed counts once it is given to `take`. */
  look(): ClockChange | null {
    const book = this.#book;
    if (!book || (book.isSynced && this.#isQuiet())) return null;
    const reading = this.#read();
    if (!reading) return null;
    if (reading.machineBootId !== book.machineBootId) {
      const fresh = this.#fresh(reading);
      return { book: fresh, told: null, steppedMs: 0 };
    }
    const movedMs = this.#movedMs(reading, book);
    const isStep = Math.abs(movedMs) >= STEP_MS_MIN;
    const isArrival = reading.isSynced && !book.isSynced;
    if (!isStep && !isArrival) return null;
    const isSynced = book.isSynced || reading.isSynced;
    const startMs = book.startMs + movedMs;
    if (!book.isUsed && !book.isSynced) {
      return { book: { ...book, startMs, isSynced }, told: null, steppedMs: movedMs };
    }
    const step = book.step + 1;
    // What was right before needs no correction, whatever happened to the clock since.
    const offsetMs = book.isSynced ? 0 : Math.round(movedMs);
    const reason = reasonOf({ isStep, isArrival, movedMs, source: reading.source });
    const { bootId } = book;
    const told = { bootId, step, offsetMs, isSynced, reason, atMs: Math.round(reading.nowMs) };
    return { book: { ...book, startMs, isSynced, step }, told, steppedMs: isStep ? movedMs : 0 };
  }

  /** Two clocks that went on alike: then the machine need not be asked, which costs more. */
  #isQuiet(): boolean {
    const { clock } = this.#parts;
    const atMs = clock.monotonicMs();
    const driftMs = clock.nowMs() - atMs;
    const isAlike = Math.abs(driftMs - this.#seen.driftMs) < STEP_MS_MIN / 2;
    if (isAlike && atMs - this.#seen.atMs < FULL_LOOK_MS) return true;
    this.#seen = { driftMs, atMs };
    return false;
  }

  /** A process that was held up between its two readings sees a step that was none: once more. */
  #movedMs({ startMs }: Reading, book: ClockBook): number {
    const movedMs = startMs - book.startMs;
    if (Math.abs(movedMs) < STEP_MS_MIN) return movedMs;
    const again = (this.#read()?.startMs ?? startMs) - book.startMs;
    return Math.abs(again) < Math.abs(movedMs) ? again : movedMs;
  }

  take({ book, steppedMs }: ClockChange): void {
    this.#book = book;
    this.#isStored = false;
    if (steppedMs === 0) return;
    this.#lastStep = { ms: Math.round(steppedMs), atMs: this.#parts.clock.nowMs() };
  }

  /** By which clock a block is dated that is made now; what a device has dated needs no other. */
  stamp({ isDeviceTime, hasSamples }: Dated): BlockClock | undefined {
    const book = this.#book;
    const state = this.#parts.clock.state?.();
    if (!book || !state) return undefined;
    const isSynced = book.isSynced || isDeviceTime;
    if (!isSynced && hasSamples && !book.isUsed) {
      this.#book = { ...book, isUsed: true };
      this.#isStored = false;
    }
    const monotonicMs = Math.max(0, Math.round(state.bootMs));
    return { bootId: book.bootId, monotonicMs, isSynced, step: book.step };
  }

  /** Samples that our clock dated and those that devices did, while that makes a difference. */
  split(samples: readonly Sample[]): { isDeviceTime: boolean; samples: readonly Sample[] }[] {
    const isTold = this.#book === null || this.#book.isSynced;
    if (isTold || !samples.some((sample) => sample.isDeviceTime)) {
      return [{ isDeviceTime: false, samples }];
    }
    const own = samples.filter((sample) => !sample.isDeviceTime);
    const device = samples.filter((sample) => sample.isDeviceTime);
    const parts = [
      { isDeviceTime: false, samples: own },
      { isDeviceTime: true, samples: device },
    ];
    return parts.filter((part) => part.samples.length > 0);
  }

  /** What is to be stored with the next commit, or null if it is. */
  toStore(): string | null {
    if (this.#isStored || !this.#book) return null;
    this.#isStored = true;
    return JSON.stringify(this.#book);
  }

  /** The commit failed, or the database is another one. */
  notStored(): void {
    this.#isStored = false;
  }

  /** For the buffer's status; nothing where nothing is known. */
  asStatus(): { readonly clock?: BufferClock } {
    const state = this.#parts.clock.state?.();
    if (!this.#book || !state) return {};
    const { isSynced, step: stepCount } = this.#book;
    return { clock: { isSynced, source: state.source, stepCount, lastStep: this.#lastStep } };
  }

  #begin(reading: Reading): void {
    this.#book = this.#fresh(reading);
    this.#isStored = false;
  }

  #fresh({ machineBootId, startMs, isSynced }: Reading): ClockBook {
    const bootId = this.#parts.newBootId();
    return { machineBootId, bootId, startMs, isSynced, step: 0, isUsed: false };
  }

  #read(): Reading | null {
    const { clock } = this.#parts;
    const state = clock.state?.();
    if (!state || state.bootId === "") return null;
    const { bootId: machineBootId, bootMs, isSynced, source } = state;
    const nowMs = clock.nowMs();
    return { machineBootId, startMs: nowMs - bootMs, isSynced, source, nowMs };
  }
}

/** Goes on with what was `stored`, if the machine has run on since. */
export function watchClock(clock: Clock, stored: string): ClockWatch {
  return new ClockWatch({ clock, stored, newBootId: () => randomBytes(8).toString("hex") });
}

/** What tells of a change in the log of blocks. */
export function clockBlockOf(told: ClockStep) {
  const times = { fromMs: told.atMs, toMs: told.atMs, sampleCount: 0, schemaHash: "" };
  const bytes = encodeClockBody(told);
  return { kind: "clock", stream: "main", ...times, bytes, media: null } as const;
}

interface Reading {
  readonly machineBootId: string;
  readonly startMs: number;
  readonly isSynced: boolean;
  readonly source: string;
  readonly nowMs: number;
}

interface Seen {
  readonly isStep: boolean;
  readonly isArrival: boolean;
  readonly movedMs: number;
  readonly source: string;
}

function reasonOf({ isStep, isArrival, movedMs, source }: Seen): string {
  const seconds = Math.abs(movedMs / 1000).toFixed(1);
  const set = `the clock was set ${movedMs < 0 ? "back" : "forward"} by ${seconds} s`;
  const known = `it is known to be right (${source})`;
  if (isStep && isArrival) return `${set}: ${known}`;
  return isStep ? set : `the clock was not set: ${known}`;
}

function parsedBook(text: string): ClockBook | null {
  const book = jsonOf(text) as ClockBook | null;
  if (book === null) return null;
  // Whoever stored it may have had to stop before the blocks it dated were all told.
  return { ...book, isUsed: book.isUsed || !book.isSynced };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Nothing was stored, or not this: then another book begins.
    return null;
  }
}
