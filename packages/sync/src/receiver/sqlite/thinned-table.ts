import type { Thinned } from "@headgate/model";
import type { DecodedThinned } from "../../block/thinned-body.ts";
import { covers, differenceOf, intersectionOf, type Spans, spanAt, unionOf } from "../../ranges.ts";
import { thinnedNumbersOf } from "../thinned-numbers.ts";
import type { Connection, Statement } from "./connection.ts";
import type { EpochRecord } from "./epoch-table.ts";
import type { SampleWriter } from "./sample-writer.ts";

/** A thinned entry to keep, the row of each point of its list, and when. */
export interface ThinnedToKeep {
  readonly entry: Thinned;
  readonly contents: DecodedThinned;
  readonly refs: readonly number[];
  /** Its numbers of which nothing is held yet. */
  readonly open: Spans;
  readonly nowMs: number;
}

/** Thinned entries, as long as a number of theirs has not come as a block. */
export class ThinnedTable {
  readonly #samples: SampleWriter;
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: Connection, samples: SampleWriter) {
    this.#samples = samples;
    this.#statements = prepareStatements(database);
  }

  /** Keeps the entry: of open numbers the kept samples, and the minutes of all. */
  record(epoch: EpochRecord, { entry, contents, refs, open, nowMs }: ThinnedToKeep): void {
    const { first, last, hash, sampleCount, keptCount, fromMs, toMs } = entry;
    // Of two that overlap, the wider one speaks for those inside it.
    for (const inner of this.#statements.overlapping.all(epoch.ref, last, first)) {
      if (inner.first >= first && inner.last <= last) this.#drop(epoch, inner.first);
    }
    const counts = [sampleCount, keptCount, fromMs, toMs];
    this.#statements.insert.run(epoch.ref, first, last, hash, ...counts, nowMs);
    for (const number of thinnedNumbersOf(entry, contents, open)) {
      const { seq, goneCount, ...kept } = number;
      const about = [kept.keptCount, kept.fromMs, kept.toMs, nowMs, goneCount];
      this.#statements.block.run(epoch.ref, seq, hash, ...about);
      epoch.sampleCount += kept.keptCount;
      epoch.thinnedSampleCount += goneCount;
    }
    const { kept: block, keptOffsets, keptIndexes } = contents;
    const placeOf = (at: number) => {
      const seq = first + (keptOffsets[at] as number);
      return covers(open, seq, seq) ? { seq, index: keptIndexes[at] as number } : null;
    };
    this.#samples.kept(epoch.ref, { block, refs, placeOf });
    this.#writeMinutes(epoch, first, { contents, refs });
    epoch.thinned = unionOf(epoch.thinned, open);
    epoch.covered = unionOf(epoch.covered, open);
    if (sampleCount + keptCount > 0) {
      epoch.lastSampleMs = Math.max(epoch.lastSampleMs ?? toMs, toMs);
    }
  }

  #writeMinutes(
    epoch: EpochRecord,
    first: number,
    { contents, refs }: Pick<ThinnedToKeep, "contents" | "refs">,
  ): void {
    for (const minute of contents.minutes) {
      const { pointIndex, minuteMs, min, max, mean, last, count, isUncertain } = minute;
      const figures = [min, max, mean, last, count, isUncertain ? 1 : 0];
      const ref = refs[pointIndex] as number;
      this.#statements.minute.run(epoch.ref, first, ref, minuteMs, ...figures);
    }
  }

  /** A block comes after all: it replaces what was kept of it. */
  fill(epoch: EpochRecord, seq: number): void {
    if (!spanAt(epoch.thinned, seq)) return;
    const row = this.#statements.held.get(epoch.ref, seq);
    epoch.sampleCount -= row?.samples ?? 0;
    epoch.thinnedSampleCount -= row?.thinned ?? 0;
    this.#statements.dropBlock.run(epoch.ref, seq);
    this.#statements.dropSamples.run(epoch.ref, seq);
    epoch.thinned = differenceOf(epoch.thinned, [{ first: seq, last: seq }]);
    for (const { first, last } of this.#statements.overlapping.all(epoch.ref, seq, seq)) {
      const left = intersectionOf(epoch.thinned, [{ first, last }]);
      if (left.length === 0) this.#drop(epoch, first);
    }
  }

  #drop(epoch: EpochRecord, first: number): void {
    this.#statements.drop.run(epoch.ref, first);
    this.#statements.dropMinutes.run(epoch.ref, first);
  }
}

function prepareStatements(database: Connection): {
  readonly insert: Statement;
  readonly block: Statement;
  readonly minute: Statement;
  readonly overlapping: Statement<{ first: number; last: number }>;
  readonly held: Statement<{ samples: number; thinned: number }>;
  readonly drop: Statement;
  readonly dropMinutes: Statement;
  readonly dropBlock: Statement;
  readonly dropSamples: Statement;
} {
  return {
    insert: database.prepare("insert into thinned values (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
    block: database.prepare(
      `insert into block (epoch_ref, seq, kind, hash, samples, from_ms, to_ms, stored_ms, thinned)
       values (?, ?, 'thinned', ?, ?, ?, ?, ?, ?)`,
    ),
    minute: database.prepare("insert into minute values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
    overlapping: database.prepare(
      "select first, last from thinned where epoch_ref = ? and first <= ? and last >= ?",
    ),
    held: database.prepare("select samples, thinned from block where epoch_ref = ? and seq = ?"),
    drop: database.prepare("delete from thinned where epoch_ref = ? and first = ?"),
    dropMinutes: database.prepare("delete from minute where epoch_ref = ? and first = ?"),
    dropBlock: database.prepare("delete from block where epoch_ref = ? and seq = ?"),
    dropSamples: database.prepare("delete from sample where epoch_ref = ? and block = ?"),
  };
}
