import type { Due } from "./history-books.ts";
import type { HistoryFileParts } from "./history-parts.ts";
import { GROUP_POINTS } from "./history-rows.ts";
import { NibbleReader } from "./nibbles.ts";
import {
  DAY_MS,
  fuller,
  MINUTE_MS,
  mergeRollups,
  QUARTER_MS,
  type Rollup,
  rollUp,
} from "./rollup.ts";
import { readSections, rollupSections } from "./rollup-sections.ts";
import { SampleColumns } from "./sample-columns.ts";
import { readRun } from "./sample-run.ts";

/** Groups of points in one go: others want to be served too. */
const GROUPS_PER_STEP = 2;
const STEPS_PER_COMMIT = 80;
/** So long after its end a quarter of an hour's last samples are in the file. */
const ENDED_MS = 6.5 * MINUTE_MS;
/** It is rolled up so long after the last that came to it. */
const SETTLE_MS = 90_000;
/** Samples around it tell whether its first and last one were read wrong. */
const AROUND_MS = MINUTE_MS;

interface Rolling {
  readonly due: Due;
  /** Whether some of it was rolled up before. */
  readonly isAgain: boolean;
  readonly takenBack: number;
  group: number;
  steps: number;
}

/** Makes minutes and quarters of an hour of samples, piece by piece. */
export class RollQuarters {
  readonly #parts: HistoryFileParts;
  readonly #points = Array.from({ length: GROUP_POINTS }, () => new SampleColumns());
  #rolling: Rolling | null = null;

  constructor(parts: HistoryFileParts) {
    this.#parts = parts;
  }

  /** Whether there was something to do. */
  step(nowMs: number): boolean {
    const { transaction, books } = this.#parts;
    // After an error it begins anew.
    if (this.#rolling?.takenBack !== transaction.takenBackCount) this.#rolling = null;
    const rolling = this.#rolling ?? this.#next(nowMs);
    if (!rolling) return false;
    this.#rolling = null;
    const end = Math.min(rolling.group + GROUPS_PER_STEP, this.#parts.groupCount());
    const isDone = end >= this.#parts.groupCount();
    transaction.do(() => {
      for (; rolling.group < end; rolling.group++) this.#roll(rolling);
      if (isDone) books.done(rolling.due);
    });
    if (isDone || ++rolling.steps % STEPS_PER_COMMIT === 0) transaction.commit();
    if (!isDone) this.#rolling = rolling;
    return true;
  }

  #next(nowMs: number): Rolling | null {
    const { books, transaction } = this.#parts;
    const due = books.settled({
      endedMs: nowMs - ENDED_MS,
      settledMs: nowMs - SETTLE_MS,
      nowMs,
    });
    if (due === null) return null;
    const isShelved = (kind: "minute" | "quarter") =>
      books.shelved(kind, due.quarterMs, due.quarterMs + 1).length > 0;
    const isAgain = isShelved("minute") || isShelved("quarter");
    return { due, isAgain, takenBack: transaction.takenBackCount, group: 0, steps: 0 };
  }

  #roll({ due: { quarterMs }, group, isAgain }: Rolling): void {
    const { rows } = this.#parts;
    const points = this.#samplesOf(group, quarterMs);
    if (points.every(({ count }) => count === 0)) return;
    const endMs = quarterMs + QUARTER_MS;
    const before = isAgain ? rows.minute.get(quarterMs / 1000, group) : null;
    const earlier = readSections(before, { startMs: quarterMs, widthMs: MINUTE_MS });
    const minutes = points.map((samples, at) => {
      const anew = rollUp(samples, MINUTE_MS);
      const own = anew.filter(({ atMs }) => atMs >= quarterMs && atMs < endMs);
      return fuller(earlier[at] ?? [], own);
    });
    this.#put("minute", { quarterMs, group }, minutes);
    const quarter = isAgain ? rows.quarter.get(quarterMs / 1000, group) : null;
    const whole = readSections(quarter, { startMs: quarterMs, widthMs: QUARTER_MS });
    const quarters = minutes.map((own, at) => {
      return fuller(whole[at] ?? [], mergeRollups(own, QUARTER_MS));
    });
    this.#put("quarter", { quarterMs, group }, quarters);
  }

  #put(
    kind: "minute" | "quarter",
    { quarterMs, group }: { quarterMs: number; group: number },
    points: readonly (readonly Rollup[])[],
  ): void {
    const { rows, books } = this.#parts;
    const widthMs = kind === "minute" ? MINUTE_MS : QUARTER_MS;
    const sections = rollupSections(points, { startMs: quarterMs, widthMs });
    const before = rows[kind].bytesOf(quarterMs / 1000, group);
    const bytes = rows[kind].put(quarterMs / 1000, group, sections);
    books.addToShelf(kind, quarterMs, bytes - before);
    this.#parts.rolledDays.add(quarterMs - (quarterMs % DAY_MS));
  }

  #samplesOf(group: number, quarterMs: number): readonly SampleColumns[] {
    const points = this.#points;
    for (const samples of points) samples.clear();
    const span = { fromMs: quarterMs - AROUND_MS, toMs: quarterMs + QUARTER_MS + AROUND_MS };
    for (const { at, baseMs } of this.#parts.books.segments(span.fromMs, span.toMs)) {
      const row = this.#parts.rows.raw.get(at, group);
      if (!row) continue;
      for (const samples of points) {
        const { bytes, at, end } = row.section();
        readRun(new NibbleReader(bytes, at, end), { baseMs, ...span }, samples);
      }
    }
    for (const samples of points) samples.sort();
    return points;
  }
}
