import { type Dating, datedOf, type ExportedSample, type ExportOptions } from "./export-record.ts";
import { openDatabaseReadonly } from "./sqlite/open-database.ts";

/** One minute of one point: what a thinned entry tells of samples that are gone. */
export interface ExportedMinute {
  readonly gateway: string;
  readonly point: string;
  /** Start of the minute, UTC milliseconds, corrected like a sample's time. */
  readonly t: number;
  readonly clock?: NonNullable<ExportedSample["clock"]>;
  readonly tBefore?: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly last: number;
  /** Samples that the figures tell of, of the blocks from `firstBlock` to `lastBlock`. */
  readonly count: number;
  readonly quality: "good" | "uncertain";
  readonly epoch: string;
  readonly firstBlock: number;
  readonly lastBlock: number;
}

type MinuteRow = Omit<ExportedMinute, "gateway" | "epoch" | "firstBlock" | "lastBlock" | "clock">;

interface EntryRow extends Dating {
  first: number;
  last: number;
}

/** Entries looked up at a time. No read outlasts an entry, so the writer can always checkpoint. */
const PAGE_ENTRIES = 100;

/** Every minute held, by gateway, epoch, entry, point and time; also while a receiver writes. */
export function* exportMinutes(path: string, options: ExportOptions): Generator<ExportedMinute> {
  const database = openDatabaseReadonly(path);
  try {
    const epochs = database.prepare<{ ref: number; gateway: string; epoch: string }>(
      `select epoch.ref, gateway.id as gateway, epoch.id as epoch from epoch
       join gateway on gateway.ref = epoch.gateway_ref
       where @gateway is null or gateway.id = @gateway order by gateway.id, epoch.ref`,
    );
    const minutesOf = createReader(database, options);
    for (const row of epochs.all({ gateway: options.gateway ?? null })) yield* minutesOf(row);
  } finally {
    database.close();
  }
}

function createReader(
  database: ReturnType<typeof openDatabaseReadonly>,
  { point, fromMs, toMs }: ExportOptions,
): (epoch: { ref: number; gateway: string; epoch: string }) => Generator<ExportedMinute> {
  const span = { from: fromMs ?? Number.MIN_SAFE_INTEGER, to: toMs ?? Number.MAX_SAFE_INTEGER };
  const entries = database.prepare<EntryRow>(
    `select first, last, coalesce(shift_ms, 0) as shift, is_corrected as isCorrected
     from thinned left join unsynced on unsynced.epoch_ref = thinned.epoch_ref
     and unsynced.seq = thinned.first
     where thinned.epoch_ref = @ref and first > @after order by first limit ${PAGE_ENTRIES}`,
  );
  const minutes = database.prepare<MinuteRow>(
    `select point.id as point, t, min, max, mean, last, count,
     case quality when 0 then 'good' else 'uncertain' end as quality
     from minute join point on point.ref = point_ref
     where epoch_ref = @ref and first = @first and t + @shift between @from and @to
     and (@point is null or point.id = @point) order by point.id, t`,
  );
  return function* ({ ref, gateway, epoch }) {
    let after = 0;
    for (;;) {
      const page = entries.all({ ref, after });
      for (const { first, last, ...dating } of page) {
        const { shift } = dating;
        const own = minutes.all({ ...span, ref, first, shift, point: point ?? null });
        const of = { epoch, firstBlock: first, lastBlock: last };
        for (const minute of own) {
          yield { gateway, ...minute, ...datedOf(minute.t, dating), ...of };
        }
      }
      if (page.length < PAGE_ENTRIES) return;
      after = page.at(-1)?.first ?? after;
    }
  };
}
