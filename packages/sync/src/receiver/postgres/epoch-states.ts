import type { Arrival } from "../store.ts";
import type { Session } from "./database.ts";
import { EPOCH_COLUMNS, type EpochRow, type EpochState, epochOf } from "./epoch-state.ts";
import { postgresText } from "./texts.ts";

/**
 * Gateways and their epochs: those of this writer in memory. Rows may be another writer's too: each
 * change is bound to the version that was read, and `forget` reads anew.
 */
export class EpochStates {
  readonly #session: Session;
  readonly #shard: string | null;
  readonly #gateways = new Map<string, number>();
  readonly #epochs = new Map<number, Map<string, EpochState>>();

  constructor(session: Session, shard: string | null) {
    this.#session = session;
    this.#shard = shard;
  }

  get gatewayIds(): string[] {
    return [...this.#gateways.keys()];
  }

  /** All gateways of this writer's shard, or of none. */
  async load(): Promise<void> {
    const { rows } = await this.#session.query<EpochRow & { gateway: string }>(
      `select gateway.id as gateway, ${EPOCH_COLUMNS} from gateway
       join epoch on epoch.gateway_ref = gateway.ref
       where gateway.shard is not distinct from $1 order by epoch.ref`,
      [this.#shard],
    );
    for (const row of rows) {
      this.#gateways.set(row.gateway, row.gateway_ref);
      this.#keep(epochOf(row));
    }
  }

  /** Last touched first. */
  epochsOf(gatewayId: string): EpochState[] {
    const ref = this.#gateways.get(postgresText(gatewayId));
    const own = ref === undefined ? [] : [...(this.#epochs.get(ref)?.values() ?? [])];
    return own.sort((a, b) => b.touchedMs - a.touchedMs || b.ref - a.ref);
  }

  /** As the rows have them now, of whichever shard. */
  async read(gatewayId: string): Promise<EpochState[]> {
    const { rows } = await this.#session.query<EpochRow>(
      `select ${EPOCH_COLUMNS} from epoch join gateway on gateway.ref = epoch.gateway_ref
       where gateway.id = $1 order by epoch.ref`,
      [postgresText(gatewayId)],
    );
    return rows.map(epochOf);
  }

  /** The epoch of an arrival; `prepare` was told of it. */
  of({ gatewayId, entry }: Arrival): EpochState {
    const ref = this.#gateways.get(postgresText(gatewayId));
    const state = ref === undefined ? undefined : this.#epochs.get(ref)?.get(keyOf(entry));
    if (!state) throw new Error(`epoch "${entry.epoch}" of "${gatewayId}" was not prepared`);
    return state;
  }

  gatewayRef(gatewayId: string): number | undefined {
    return this.#gateways.get(postgresText(gatewayId));
  }

  /** Sees to it that each arrival's gateway and epoch has a row, and that it is known here. */
  async prepare(arrivals: readonly Arrival[], nowMs: number): Promise<void> {
    await this.#prepareGateways(arrivals);
    const missing = new Map<string, Arrival["entry"] & { gatewayRef: number }>();
    for (const { gatewayId, entry } of arrivals) {
      const gatewayRef = this.#gateways.get(postgresText(gatewayId)) as number;
      if (this.#epochs.get(gatewayRef)?.has(keyOf(entry))) continue;
      missing.set(`${gatewayRef} ${keyOf(entry)}`, { ...entry, gatewayRef });
    }
    if (missing.size === 0) return;
    const wanted = [...missing.values()];
    const names = [
      wanted.map(({ gatewayRef }) => gatewayRef),
      wanted.map(({ stream }) => stream),
      wanted.map(({ epoch }) => postgresText(epoch)),
    ];
    await this.#session.query(
      `insert into epoch (gateway_ref, stream, id, touched_ms)
       select *, $4::int8 from unnest($1::int[], $2::text[], $3::text[]) on conflict do nothing`,
      [...names, nowMs],
    );
    const { rows } = await this.#session.query<EpochRow>(
      `select ${EPOCH_COLUMNS} from epoch
       join unnest($1::int[], $2::text[], $3::text[]) as wanted (gateway_ref, stream, id)
       using (gateway_ref, stream, id)`,
      names,
    );
    for (const row of rows) this.#keep(epochOf(row));
  }

  async #prepareGateways(arrivals: readonly Arrival[]): Promise<void> {
    const ids = new Set(arrivals.map(({ gatewayId }) => postgresText(gatewayId)));
    const missing = [...ids].filter((id) => !this.#gateways.has(id));
    if (missing.length === 0) return;
    // One that moved here from another shard is ours now.
    const { rows } = await this.#session.query<{ id: string; ref: number }>(
      `insert into gateway (id, shard) select id, $2 from unnest($1::text[]) as id
       on conflict (id) do update set shard = excluded.shard returning id, ref`,
      [missing, this.#shard],
    );
    for (const { id, ref } of rows) this.#gateways.set(id, ref);
  }

  /** What was committed. */
  replace(states: Iterable<EpochState>): void {
    for (const state of states) this.#keep(state);
  }

  /** Reads the epochs of these anew when they are needed next. */
  forget(arrivals: readonly Arrival[]): void {
    for (const { gatewayId, entry } of arrivals) {
      const ref = this.#gateways.get(postgresText(gatewayId));
      if (ref !== undefined) this.#epochs.get(ref)?.delete(keyOf(entry));
    }
  }

  #keep(state: EpochState): void {
    const own = this.#epochs.get(state.gatewayRef) ?? new Map<string, EpochState>();
    this.#epochs.set(state.gatewayRef, own);
    own.set(keyOf(state), state);
  }
}

function keyOf({ stream, epoch }: { stream: string; epoch: string }): string {
  return `${stream} ${postgresText(epoch)}`;
}
