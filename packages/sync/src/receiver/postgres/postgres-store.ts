import { extentOf, Unreachable } from "@headgate/model";
import type { PointListRecord } from "../../protocol/point-list-record.ts";
import { spanAt } from "../../ranges.ts";
import { commitApart } from "../commit-apart.ts";
import { refusalText } from "../refusal-text.ts";
import { RANGES_MAX } from "../scattered.ts";
import type { Arrival, EpochStanding, Store, Verdict } from "../store.ts";
import { openNumbersOf } from "../thinned-numbers.ts";
import { unpackBlock } from "../unpack-block.ts";
import { unpackThinned } from "../unpack-thinned.ts";
import { CommitPlan, type HeldNumber, type Known, type Unpacked } from "./commit-plan.ts";
import { BEGIN_DURABLE, createDatabase, type Database, type Transaction } from "./database.ts";
import type { EpochState } from "./epoch-state.ts";
import { EpochStates } from "./epoch-states.ts";
import { heldFigures } from "./held-figures.ts";
import { readIncarnation, replaceIncarnation } from "./incarnation.ts";
import { migrate } from "./migrate.ts";
import { PointRefs, type WantedPoints } from "./point-refs.ts";
import { PostgresOutbox, QUEUED_MAX } from "./postgres-outbox.ts";
import { isOfContents } from "./store-fault.ts";
import { postgresText, storedHash } from "./texts.ts";
import { Stale, writePlan } from "./write-plan.ts";

/** Other writers of one epoch are rare: gateways that just moved from one shard to another. */
const ATTEMPTS_MAX = 10;
/** SQLSTATEs that say the same as `Stale`: a unique key was taken, a deadlock, a lost race. */
const LOST_RACES = new Set(["23505", "40P01", "40001"]);

/** Whose gateways a store keeps, and what proves at each commit that it still may. */
export interface Fence {
  readonly shard: string;
  readonly token: number;
  /** Rejects unless the lease is still ours; holds it until the transaction ends. */
  check(transaction: Transaction): Promise<void>;
}

/** Opens the store in a PostgreSQL database, and creates its tables where there are none. */
export async function openPostgresStore(
  url: string,
  limits: StoreLimits = {},
): Promise<PostgresStore> {
  const database = await createDatabase(url);
  try {
    await migrate(database);
    return await createPostgresStore(database, null, () => database.close(), limits);
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** A store in a database that is open and migrated; of one shard only, if it has a fence. */
export async function createPostgresStore(
  database: Database,
  fence: Fence | null,
  onClose: () => Promise<void>,
  { queuedMax = QUEUED_MAX, rangesMax = RANGES_MAX }: StoreLimits = {},
): Promise<PostgresStore> {
  const incarnation = await readIncarnation(database);
  const store = new PostgresStore({
    ...{ database, fence, incarnation, onClose, queuedMax, rangesMax },
  });
  await store.load();
  return store;
}

/** Limits of a store. */
export interface StoreLimits {
  /** References kept for one sink; beyond it the oldest are lost, and counted. */
  readonly queuedMax?: number;
  /** Ranges that one epoch may lie in. */
  readonly rangesMax?: number;
}

interface KeptRow extends HeldNumber {
  readonly hash: string;
  /** A block, and not only what was kept of one. */
  readonly isWhole: boolean;
}

interface Options extends Required<StoreLimits> {
  readonly database: Database;
  readonly fence: Fence | null;
  readonly incarnation: string;
  readonly onClose: () => Promise<void>;
}

/** A record in a PostgreSQL database, and what of it waits for sinks. */
export class PostgresStore implements Store {
  incarnation: string;
  readonly outbox: PostgresOutbox;
  readonly #database: Database;
  readonly #options: Options;
  readonly #epochs: EpochStates;
  readonly #points: PointRefs;

  constructor(options: Options) {
    const { database, fence, incarnation, queuedMax } = options;
    const shard = fence?.shard ?? null;
    this.incarnation = incarnation;
    this.#database = database;
    this.#options = options;
    this.#epochs = new EpochStates(database, shard);
    this.#points = new PointRefs(database);
    this.outbox = new PostgresOutbox(database, { shard, queuedMax });
  }

  load(): Promise<void> {
    return this.#epochs.load();
  }

  gatewayIds(): readonly string[] {
    return this.#epochs.gatewayIds;
  }

  standing(gatewayId: string, countMax: number): readonly EpochStanding[] {
    return this.#epochs.epochsOf(gatewayId).slice(0, countMax).map(standingOf);
  }

  async recall(gatewayId: string): Promise<readonly EpochStanding[]> {
    return (await this.#epochs.read(gatewayId)).map(standingOf);
  }

  addPointList(record: PointListRecord): Promise<void> {
    return this.#points.addList(record);
  }

  async commit(arrivals: readonly Arrival[], nowMs: number): Promise<readonly Verdict[]> {
    if (arrivals.length === 0) return [];
    return commitApart(arrivals, {
      commit: (some) => this.#commit(some, nowMs),
      isOfContents: (error) => !(error instanceof Stale) && isOfContents(error),
      noteRefused: (arrival, why) => this.#noteRefused(arrival, why, nowMs),
    });
  }

  async #commit(arrivals: readonly Arrival[], nowMs: number): Promise<readonly Verdict[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#epochs.prepare(arrivals, nowMs);
        return await this.#attempt(arrivals, nowMs);
      } catch (error) {
        // Whatever it was: what others or a lost commit did is read anew.
        this.#epochs.forget(arrivals);
        if (!isLostRace(error)) throw error;
        if (attempt < ATTEMPTS_MAX) continue;
        // A key that is taken again and again is no other writer's: it comes twice in here.
        if (!(error instanceof Stale) && isOfContents(error)) throw error;
        const what = `write store ${this.#database.address.shown}`;
        throw new Unreachable(`${what}: other writers are in the way`, { cause: error });
      }
    }
  }

  async #noteRefused(arrival: Arrival, why: string, nowMs: number): Promise<void> {
    await this.#database.query(
      "update gateway set refused = refused + 1, refused_reason = $2 where id = $1",
      [postgresText(arrival.gatewayId), postgresText(refusalText(arrival.entry, why))],
    );
    // Its epoch was forgotten, and is still acknowledged.
    await this.#epochs.prepare([arrival], nowMs).catch((error: unknown) => {
      if (!isOfContents(error)) throw error;
    });
  }

  async #attempt(arrivals: readonly Arrival[], nowMs: number): Promise<readonly Verdict[]> {
    const { fence } = this.#options;
    const kept = await this.#keptRows(arrivals);
    const figures = await heldFigures(this.#database, arrivals, this.#epochs);
    const contents = arrivals.map((arrival) => this.#unpack(arrival, kept));
    await this.#points.prepare(this.#wantedPoints(arrivals, contents));
    const refs = await this.#blockRefs(arrivals, contents);
    const known: Known = {
      stateOf: (arrival) => this.#epochs.of(arrival),
      keptHash: (epochRef, seq) => kept.get(`${epochRef} ${seq}`)?.hash,
      figures: (entry) => figures.get(entry),
      held: (epochRef, seq) => kept.get(`${epochRef} ${seq}`),
      refsOfList: (gatewayRef, hash) => this.#points.refsOfList(gatewayRef, hash),
      pointRef: (gatewayRef, pointId) => this.#points.ref(gatewayRef, pointId),
      nextBlockRef: () => refs.pop() as number,
      rangesMax: this.#options.rangesMax,
    };
    const plan = new CommitPlan(known, nowMs);
    arrivals.forEach((arrival, at) => {
      plan.add(arrival, contents[at]);
    });
    await this.#database.transact(async (transaction) => {
      await writePlan(transaction, plan, { nowMs, token: fence?.token ?? null });
      await fence?.check(transaction);
    }, BEGIN_DURABLE);
    this.#epochs.replace([...plan.changes.values()].map(({ after }) => after));
    await this.outbox.noteQueued(plan.queued.length);
    return plan.verdicts;
  }

  #unpack(arrival: Arrival, kept: ReadonlyMap<string, KeptRow>): Unpacked {
    const { entry } = arrival;
    if (entry.kind === "gap") return undefined;
    const state = this.#epochs.of(arrival);
    if (entry.kind === "thinned") {
      return openNumbersOf(entry, state).length === 0 ? undefined : unpackThinned(entry);
    }
    const row = kept.get(`${state.ref} ${entry.seq}`);
    const isKnown = row?.isWhole === true && row.hash === storedHash(entry.hash);
    return isKnown ? undefined : unpackBlock(entry);
  }

  /** What is held already of the numbers that came. */
  async #keptRows(arrivals: readonly Arrival[]): Promise<Map<string, KeptRow>> {
    const refs: number[] = [];
    const seqs: number[] = [];
    for (const arrival of arrivals) {
      const { entry } = arrival;
      if (!("seq" in entry)) continue;
      const { ref, stored, thinned } = this.#epochs.of(arrival);
      if (!spanAt(stored, entry.seq) && !spanAt(thinned, entry.seq)) continue;
      refs.push(ref);
      seqs.push(entry.seq);
    }
    if (refs.length === 0) return new Map();
    const { rows } = await this.#database.query<KeptRow & { epoch: number; seq: number }>(
      `select epoch_ref as epoch, seq, ref, hash::text, kind <> 'thinned' as "isWhole",
         samples as "keptCount", thinned as "goneCount"
       from block join unnest($1::int[], $2::int8[]) as wanted (epoch_ref, seq)
       using (epoch_ref, seq)`,
      [refs, seqs],
    );
    return new Map(rows.map((row) => [`${row.epoch} ${row.seq}`, row]));
  }

  #wantedPoints(arrivals: readonly Arrival[], contents: readonly Unpacked[]): WantedPoints[] {
    return arrivals.flatMap(({ gatewayId, entry }, at): WantedPoints[] => {
      const content = contents[at];
      const gatewayRef = this.#epochs.gatewayRef(gatewayId);
      if (entry.kind === "gap" || typeof content !== "object" || gatewayRef === undefined) {
        return [];
      }
      if ("counts" in content || content.kind === "columns") {
        return [{ gatewayRef, hash: entry.schemaHash }];
      }
      if (content.kind === "media") return [{ gatewayRef, pointIds: [content.media.pointId] }];
      if (content.kind !== "samples") return [];
      return [{ gatewayRef, pointIds: content.samples.map(({ pointId }) => pointId) }];
    });
  }

  /** In descending order, to be taken from the end. */
  async #blockRefs(arrivals: readonly Arrival[], contents: readonly Unpacked[]): Promise<number[]> {
    const count = arrivals.reduce((sum, { entry }, at) => {
      const { first, last } = extentOf(entry);
      return typeof contents[at] === "object" ? sum + last - first + 1 : sum;
    }, 0);
    if (count === 0) return [];
    const { rows } = await this.#database.query<{ refs: number[] }>(
      "select array_agg(nextval('block_ref')::float8) as refs from generate_series(1, $1)",
      [count],
    );
    return (rows[0]?.refs ?? []).reverse();
  }

  async startAnew(): Promise<void> {
    this.incarnation = await replaceIncarnation(this.#database, this.incarnation);
  }

  close(): Promise<void> {
    return this.#options.onClose();
  }
}

function standingOf({ stream, epoch, covered, newest, fork }: EpochState): EpochStanding {
  const isLast = newest !== null && newest.seq === covered.at(-1)?.last;
  const known = isLast ? { lastHash: newest.hash } : {};
  return { stream, epoch, covered, ...known, ...(fork === null ? {} : { fork }) };
}

function isLostRace(error: unknown): boolean {
  if (error instanceof Stale) return true;
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return cause instanceof Error && "code" in cause && LOST_RACES.has(String(cause.code));
}
