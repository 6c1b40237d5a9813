import type { ExportedMinute } from "../export-minutes.ts";
import { datedOf, type ExportOptions } from "../export-record.ts";
import type { Database } from "./database.ts";
import { datingOf } from "./read-samples.ts";
import { postgresText } from "./texts.ts";

/** Entries read at a time. */
const PAGE_ENTRIES = 100;

interface MinuteRow extends Omit<ExportedMinute, "gateway" | "epoch" | "clock" | "tBefore"> {
  readonly shift: number;
  readonly isCorrected: boolean | null;
}

/** Every minute held, by gateway, epoch, entry, point and time; also while a receiver writes. */
export async function* readMinutes(
  database: Database,
  { gateway, point, fromMs, toMs }: ExportOptions,
): AsyncGenerator<ExportedMinute> {
  const epochs = await database.query<{ ref: number; gateway: string; epoch: string }>(
    `select epoch.ref, gateway.id as gateway, epoch.id as epoch
     from epoch join gateway on gateway.ref = epoch.gateway_ref
     where $1::text is null or gateway.id = $1 order by gateway.id, epoch.ref`,
    [gateway === undefined ? null : postgresText(gateway)],
  );
  const span = [fromMs ?? Number.MIN_SAFE_INTEGER, toMs ?? Number.MAX_SAFE_INTEGER];
  const only = point === undefined ? null : postgresText(point);
  for (const epoch of epochs.rows) {
    let after = 0;
    for (;;) {
      const page = await database.query<{ first: number }>(
        `select first from thinned where epoch_ref = $1 and first > $2
         order by first limit ${PAGE_ENTRIES}`,
        [epoch.ref, after],
      );
      const firsts = page.rows.map(({ first }) => first);
      const { rows } = await database.query<MinuteRow>(
        `select point.id as point, t, min, max, mean, minute.last, count,
           case quality when 0 then 'good' else 'uncertain' end as quality,
           thinned.first as "firstBlock", thinned.last as "lastBlock",
           coalesce(shift_ms, 0) as shift, is_corrected as "isCorrected"
         from minute join thinned using (epoch_ref, first) join point on point.ref = point_ref
         left join unsynced on unsynced.epoch_ref = minute.epoch_ref and seq = minute.first
         where minute.epoch_ref = $1 and first = any($2::int8[])
         and t + coalesce(shift_ms, 0) between $3 and $4
         and ($5::text is null or point.id = $5) order by first, point.id collate "C", t`,
        [epoch.ref, firsts, ...span, only],
      );
      for (const { firstBlock, lastBlock, shift, isCorrected, ...row } of rows) {
        const times = datedOf(row.t, datingOf({ shift, isCorrected }));
        const of = { epoch: epoch.epoch, firstBlock, lastBlock };
        yield { gateway: epoch.gateway, ...row, ...times, ...of };
      }
      if (firsts.length < PAGE_ENTRIES) break;
      after = firsts.at(-1) ?? after;
    }
  }
}
