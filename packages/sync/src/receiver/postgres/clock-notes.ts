import type { BlockClock } from "@headgate/model";
import type { ClockStep } from "../../block/clock-body.ts";
import type { ReceivedEntry } from "../../protocol/received-entry.ts";
import type { Transaction } from "./database.ts";
import type { EpochState } from "./epoch-state.ts";
import { postgresText } from "./texts.ts";

type Owner = Pick<EpochState, "ref" | "gatewayRef">;

/** What a clock step changed, as it is handed on. */
export interface DatedAnew {
  readonly gatewayRef: number;
  readonly epochRef: number;
  readonly kind: ReceivedEntry["kind"];
  readonly first: number;
  readonly last: number;
}

const DATED_ANEW = `
  select distinct unsynced.gateway_ref as "gatewayRef", unsynced.epoch_ref as "epochRef",
    block.kind, coalesce(thinned.first, unsynced.seq) as first,
    coalesce(thinned.last, unsynced.seq) as last
  from unsynced join block using (epoch_ref, seq)
  left join thinned on block.kind = 'thinned' and thinned.epoch_ref = unsynced.epoch_ref
    and unsynced.seq between thinned.first and thinned.last
  where unsynced.gateway_ref = $1 and unsynced.boot = $2 and unsynced.step < $3
  order by "epochRef", first`;

interface Note extends Owner {
  readonly seq: number;
  /** Null: nothing is to be noted of this number any more. */
  readonly clock: BlockClock | null;
}

/** What one commit tells of clocks; see `sqlite/clock-table.ts` for what it means. */
export class ClockNotes {
  readonly #notes = new Map<string, Note>();
  readonly #steps: (ClockStep & { readonly gatewayRef: number })[] = [];

  /** By which clock block `seq` was dated. `isKnown`: something was held of that number before. */
  note(
    { ref, gatewayRef }: Owner,
    seq: number,
    { clock, isKnown }: { readonly clock: BlockClock | undefined; readonly isKnown: boolean },
  ): void {
    const isUnsure = clock !== undefined && !clock.isSynced;
    if (!isUnsure && !isKnown) return;
    this.#notes.set(`${ref} ${seq}`, { ref, gatewayRef, seq, clock: isUnsure ? clock : null });
  }

  step({ gatewayRef }: Owner, step: ClockStep): void {
    this.#steps.push({ ...step, gatewayRef });
  }

  /**
   * Steps first, so that each shift is the sum of all that is known. Resolves with the blocks and
   * thinned entries of earlier commits whose samples have other times now.
   */
  async write(transaction: Transaction): Promise<DatedAnew[]> {
    const dated: DatedAnew[] = [];
    const notes = [...this.#notes.values()];
    if (notes.length > 0) {
      await transaction.query(
        `delete from unsynced using unnest($1::int[], $2::int8[]) as old (epoch_ref, seq)
         where unsynced.epoch_ref = old.epoch_ref and unsynced.seq = old.seq`,
        [notes.map(({ ref }) => ref), notes.map(({ seq }) => seq)],
      );
    }
    for (const { gatewayRef, bootId, step, offsetMs, isSynced, reason, atMs } of this.#steps) {
      const boot = postgresText(bootId);
      const told = [offsetMs, isSynced, postgresText(reason), atMs];
      const { rowCount } = await transaction.query(
        `insert into clock_step values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
        [gatewayRef, boot, step, ...told],
      );
      if (rowCount === 0) continue;
      await transaction.query(
        `update unsynced set shift_ms = ${shiftOf("unsynced")},
           is_corrected = ${knownOf("unsynced")}
         where gateway_ref = $1 and boot = $2 and step < $3`,
        [gatewayRef, boot, step],
      );
      if (offsetMs === 0 && !isSynced) continue;
      const found = await transaction.query<DatedAnew>(DATED_ANEW, [gatewayRef, boot, step]);
      dated.push(...found.rows);
    }
    await insertNotes(transaction, notes);
    return dated;
  }
}

async function insertNotes(transaction: Transaction, notes: readonly Note[]): Promise<void> {
  const unsure = notes.flatMap(({ clock, ...rest }) => (clock ? [{ ...rest, ...clock }] : []));
  if (unsure.length === 0) return;
  await transaction.query(
    `insert into unsynced (epoch_ref, seq, gateway_ref, boot, step, shift_ms, is_corrected)
     select note.*, ${shiftOf("note")}, ${knownOf("note")}
     from unnest($1::int[], $2::int8[], $3::int[], $4::text[], $5::int8[])
       as note (epoch_ref, seq, gateway_ref, boot, step)`,
    [
      unsure.map(({ ref }) => ref),
      unsure.map(({ seq }) => seq),
      unsure.map(({ gatewayRef }) => gatewayRef),
      unsure.map(({ bootId }) => postgresText(bootId)),
      unsure.map(({ step }) => step),
    ],
  );
}

function shiftOf(row: string): string {
  return `(select coalesce(sum(offset_ms), 0)::int8 ${laterThan(row)})`;
}

function knownOf(row: string): string {
  return `(select coalesce(bool_or(is_synced), false) ${laterThan(row)})`;
}

function laterThan(row: string): string {
  return `from clock_step where clock_step.gateway_ref = ${row}.gateway_ref
    and clock_step.boot = ${row}.boot and clock_step.step > ${row}.step`;
}
