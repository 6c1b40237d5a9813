import type { HandedMinute, HandedThinned } from "../sinks/sink.ts";
import type { Connection, Statement } from "./connection.ts";
import type { OutboxRow } from "./outbox-row.ts";
import {
  type DatingRow,
  datingOf,
  SAMPLE_COLUMNS,
  type SampleRow,
  sampleOf,
} from "./sample-row.ts";

interface ThinnedRow extends DatingRow {
  hash: string;
  from_ms: number;
  to_ms: number;
}

interface MinuteRow extends Omit<HandedMinute, "quality"> {
  quality: number;
}

/** Reads thinned entries back from the record. */
export class ThinnedReader {
  readonly #entry: Statement<ThinnedRow>;
  readonly #held: Statement<{ gone: number | null; kept: number | null }>;
  readonly #samples: Statement<SampleRow & { seq: number; i: number }>;
  readonly #minutes: Statement<MinuteRow>;

  constructor(database: Connection) {
    const numbers = "block.epoch_ref = ? and block.seq between ? and ?";
    // What was held first keeps its hash: the wider entry speaks for those inside it.
    const isOwn = `hash = ? or not exists (select 1 from thinned where thinned.hash = block.hash
      and thinned.epoch_ref = block.epoch_ref and block.seq between first and last)`;
    const own = `${numbers} and block.kind = 'thinned' and (block.${isOwn})`;
    this.#entry = database.prepare(
      `select hash, from_ms, to_ms, max(shift_ms) as shift_ms, max(is_corrected) as is_corrected
       from thinned left join unsynced on unsynced.epoch_ref = thinned.epoch_ref
       and seq between first and last
       where thinned.epoch_ref = ? and first = ? and last = ? group by hash`,
    );
    this.#held = database.prepare(
      `select sum(thinned) as gone, sum(samples) as kept from block where ${own}`,
    );
    this.#samples = database.prepare(
      `select block.seq, i, ${SAMPLE_COLUMNS} from block
       join sample on sample.epoch_ref = block.epoch_ref and sample.block = block.seq
       join point on point.ref = point_ref
       left join unsynced on unsynced.epoch_ref = block.epoch_ref and unsynced.seq = block.seq
       where ${own} order by block.seq, i`,
    );
    this.#minutes = database.prepare(
      `select point.id as pointId, t + coalesce(shift_ms, 0) as minuteMs, min, max, mean, last,
       count, quality from minute join point on point.ref = point_ref
       left join unsynced on unsynced.epoch_ref = minute.epoch_ref and unsynced.seq = first
       where minute.epoch_ref = ? and first = ? order by point.id, t`,
    );
  }

  /** Null if blocks have taken its place. */
  read({ epochRef, stream, epoch, first, last }: OutboxRow): HandedThinned | null {
    const entry = this.#entry.get(epochRef, first, last);
    if (entry === undefined) return null;
    const { hash, from_ms: fromMs, to_ms: toMs } = entry;
    const own = [epochRef, first, last, hash] as const;
    const { gone, kept } = this.#held.get(...own) ?? { gone: 0, kept: 0 };
    const head = { kind: "thinned", stream, epoch, first, last, hash, fromMs, toMs } as const;
    return {
      ...head,
      ...datingOf(entry),
      sampleCount: gone ?? 0,
      keptCount: kept ?? 0,
      samples: this.#samples.all(...own).map(({ seq, i: index, ...row }) => {
        return { seq, index, sample: sampleOf(row) };
      }),
      minutes: this.#minutes.all(epochRef, first).map(({ quality, ...minute }) => {
        return { ...minute, quality: quality === 0 ? "good" : "uncertain" };
      }),
    };
  }
}
