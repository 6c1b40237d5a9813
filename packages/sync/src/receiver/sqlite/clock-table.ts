import type { BlockClock } from "@headgate/model";
import type { ClockStep } from "../../block/clock-body.ts";
import type { Spans } from "../../ranges.ts";
import type { Connection } from "./connection.ts";
import type { EpochRecord } from "./epoch-table.ts";

/** What a clock step changed. */
export interface DatedAnew {
  readonly epochRef: number;
  readonly kind: string;
  readonly first: number;
  readonly last: number;
}

/**
 * Blocks that a clock dated that was not known to be right, and what was told of that clock since.
 * Whatever comes first, a block's shift is the sum of what is known: it is never added twice.
 */
export class ClockTable {
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: Connection) {
    this.#statements = prepareStatements(database);
  }

  /** Notes by which clock blocks of these numbers were dated; nothing, if it was right. */
  note({ ref, gatewayRef }: EpochRecord, spans: Spans, clock: BlockClock | undefined): void {
    const { forget, note } = this.#statements;
    for (const { first, last } of spans) {
      // What was kept of a thinned block may have stood here.
      forget.run(ref, first, last);
      if (!clock || clock.isSynced) continue;
      const { bootId: boot, step } = clock;
      for (let seq = first; seq <= last; seq++) {
        note.run({ epoch: ref, seq, gateway: gatewayRef, boot, step });
      }
    }
  }

  /**
   * Takes over what a clock block tells; of one step, the first word counts. Returns the blocks and
   * thinned entries whose samples have other times now.
   */
  step({ gatewayRef }: EpochRecord, told: ClockStep): DatedAnew[] {
    const { bootId: boot, step, offsetMs, isSynced, reason, atMs } = told;
    const synced = isSynced ? 1 : 0;
    const about = { gateway: gatewayRef, boot, step, offsetMs, synced, reason, atMs };
    if (this.#statements.step.run(about).changes === 0) return [];
    const meant = { gateway: gatewayRef, boot, step };
    this.#statements.correct.run(meant);
    return offsetMs === 0 && !isSynced ? [] : this.#statements.datedAnew.all(meant);
  }
}

const KNOWN = `from clock_step where clock_step.gateway_ref = @gateway
  and clock_step.boot = @boot and clock_step.step >`;

function prepareStatements(database: Connection) {
  return {
    forget: database.prepare("delete from unsynced where epoch_ref = ? and seq between ? and ?"),
    note: database.prepare(
      `insert into unsynced (epoch_ref, seq, gateway_ref, boot, step, shift_ms, is_corrected)
       select @epoch, @seq, @gateway, @boot, @step,
       (select coalesce(sum(offset_ms), 0) ${KNOWN} @step),
       (select coalesce(max(is_synced), 0) ${KNOWN} @step)`,
    ),
    step: database.prepare(
      `insert into clock_step values (@gateway, @boot, @step, @offsetMs, @synced, @reason, @atMs)
       on conflict do nothing`,
    ),
    datedAnew: database.prepare<DatedAnew>(
      `select distinct unsynced.epoch_ref as epochRef, block.kind,
       coalesce(thinned.first, unsynced.seq) as first, coalesce(thinned.last, unsynced.seq) as last
       from unsynced join block on block.epoch_ref = unsynced.epoch_ref and block.seq = unsynced.seq
       left join thinned on block.kind = 'thinned' and thinned.epoch_ref = unsynced.epoch_ref
       and unsynced.seq between thinned.first and thinned.last
       where gateway_ref = @gateway and boot = @boot and step < @step
       order by unsynced.epoch_ref, unsynced.seq`,
    ),
    correct: database.prepare(
      `update unsynced set
       shift_ms = (select coalesce(sum(offset_ms), 0) ${KNOWN} unsynced.step),
       is_corrected = (select coalesce(max(is_synced), 0) ${KNOWN} unsynced.step)
       where gateway_ref = @gateway and boot = @boot and step < @step`,
    ),
  };
}
