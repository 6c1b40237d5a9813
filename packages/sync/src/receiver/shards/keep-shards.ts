import { type Context, Misconfigured } from "@headgate/model";
import { createDatabase, type Database } from "../postgres/database.ts";
import { fenceOf, type Lease, LeaseTable } from "../postgres/lease-table.ts";
import { migrate } from "../postgres/migrate.ts";
import { createPostgresStore } from "../postgres/postgres-store.ts";
import type { Store } from "../store.ts";
import { planShards } from "./plan-shards.ts";

const LEASE_MS = 15_000;
/** A lease is renewed so many times before it would run out. */
const RENEWALS = 3;

/** A shard that is ours until the signal given with it aborts. */
export interface OwnedShard {
  readonly name: string;
  /** The store, for the gateways of this shard. Rejects once the shard is another's. */
  openStore(): Promise<Store>;
}

/** Whose shards, and what to do with each. */
export interface KeepShardsOptions {
  /** The PostgreSQL store that holds the leases and the record. */
  readonly store: string;
  /** Names this process: no two alive have one name. */
  readonly instance: string;
  /** All shards there are; every receiver is told the same. */
  readonly shards: readonly string[];
  /** How long a lease lasts without being renewed. Default 15 s. */
  readonly leaseMs?: number;
  /** Receives for one shard until the signal aborts; resolves when all is committed and told. */
  readonly run: (shard: OwnedShard, signal: AbortSignal) => Promise<void>;
  /** Told each time what is ours changed. */
  readonly onOwned?: (names: readonly string[]) => void;
}

/**
 * Owns a fair part of the shards, for one connection to the database. Resolves once the signal
 * aborted and all shards are handed over. Rejects with `Unreachable` when the database is lost:
 * then nothing is ours any more; start anew.
 */
export async function keepShards(
  options: KeepShardsOptions,
  context: Context,
  onHealthy: () => void,
): Promise<void> {
  for (const name of options.shards) {
    if (!/^[^/#+\0]{1,100}$/.test(name)) {
      throw new Misconfigured(`shard "${name}": one topic level, without / # +`);
    }
  }
  const database = await createDatabase(options.store);
  // Leases are renewed beside the commits, however many those are.
  const leases = await createDatabase(options.store);
  try {
    await migrate(database);
    await new ShardKeeper(options, context, { database, leases }).run(onHealthy);
  } finally {
    await Promise.all([database.close(), leases.close()]);
  }
}

interface Owned {
  readonly lease: Lease;
  readonly stopping: AbortController;
  /** Settles when the shard's run has ended. Never rejects. */
  readonly ended: Promise<void>;
}

class ShardKeeper {
  readonly #options: KeepShardsOptions;
  readonly #context: Context;
  readonly #database: Database;
  readonly #table: LeaseTable;
  readonly #leaseMs: number;
  readonly #owned = new Map<string, Owned>();
  readonly #leaving = new Set<string>();
  #fault: { readonly error: unknown } | null = null;

  constructor(
    options: KeepShardsOptions,
    context: Context,
    { database, leases }: { database: Database; leases: Database },
  ) {
    this.#options = options;
    this.#context = context;
    this.#database = database;
    this.#leaseMs = options.leaseMs ?? LEASE_MS;
    this.#table = new LeaseTable(leases, options.instance, this.#leaseMs);
  }

  async run(onHealthy: () => void): Promise<void> {
    const { clock, signal } = this.#context;
    try {
      await this.#table.declare(this.#options.shards);
      while (!signal.aborted) {
        await this.#renew();
        await this.#balance();
        onHealthy();
        if (this.#fault) throw this.#fault.error;
        await clock.sleep(this.#leaseMs / RENEWALS, signal);
      }
      await this.#handOver([...this.#owned.keys()]);
      await this.#table.leave();
    } finally {
      // Whatever went wrong: without leases nothing is received.
      for (const { stopping } of this.#owned.values()) stopping.abort();
      await Promise.all([...this.#owned.values()].map(({ ended }) => ended));
      this.#owned.clear();
      this.#tell();
    }
  }

  async #renew(): Promise<void> {
    const kept = new Set(
      await this.#table.renew([...this.#owned.values()].map(({ lease }) => lease)),
    );
    const lost = [...this.#owned].filter(([name]) => !kept.has(name));
    for (const [name, { stopping }] of lost) {
      this.#context.log.warn("a shard was taken over by another receiver", { shard: name });
      stopping.abort();
    }
    await Promise.all(lost.map(([, { ended }]) => ended));
    for (const [name] of lost) {
      this.#owned.delete(name);
      this.#leaving.delete(name);
    }
    if (lost.length > 0) this.#tell();
  }

  async #balance(): Promise<void> {
    const { instance: me, shards: names } = this.#options;
    const { shards, members } = await this.#table.view();
    const ours = shards.filter(({ name }) => names.includes(name));
    // A lease of an earlier life of ours is none: it is taken anew, with a new token.
    const rows = ours.map((shard) => {
      const isStale = shard.owner === me && !this.#owned.has(shard.name);
      return isStale ? { ...shard, owner: null } : shard;
    });
    const plan = planShards({ me, members: [...new Set([...members, me])], shards: rows });
    // Not waited for: what is left to commit may take longer than a lease of the others.
    this.#handOver(plan.release).catch((error: unknown) => {
      this.#fault ??= { error };
    });
    for (const name of plan.acquire) await this.#take(name);
  }

  async #take(name: string): Promise<void> {
    if (this.#context.signal.aborted) return;
    const lease = await this.#table.acquire(name);
    if (lease === null) return;
    this.#context.log.info("owns a shard", { shard: name, token: lease.token });
    const stopping = new AbortController();
    const openStore = async () => {
      const fence = fenceOf(lease);
      await this.#database.transact((transaction) => fence.check(transaction));
      return createPostgresStore(this.#database, fence, async () => {});
    };
    const ended = this.#options.run({ name, openStore }, stopping.signal).catch((error) => {
      this.#context.log.error("a shard's receiver failed", { shard: name, error });
    });
    this.#owned.set(name, { lease, stopping, ended });
    this.#tell();
  }

  /** Commits and acknowledges what came in, and only then lets go. */
  async #handOver(names: readonly string[]): Promise<void> {
    const going = names.flatMap((name) => {
      return this.#leaving.has(name) ? [] : (this.#owned.get(name) ?? []);
    });
    for (const { lease, stopping } of going) {
      this.#leaving.add(lease.shard);
      stopping.abort();
    }
    await Promise.all(
      going.map(async ({ lease, ended }) => {
        await ended;
        await this.#table.release(lease);
        // Lost meanwhile and taken anew, it is ours under another lease.
        if (this.#owned.get(lease.shard)?.lease === lease) this.#owned.delete(lease.shard);
        this.#leaving.delete(lease.shard);
        this.#context.log.info("gave a shard away", { shard: lease.shard });
      }),
    );
    if (going.length > 0) this.#tell();
  }

  #tell(): void {
    this.#options.onOwned?.([...this.#owned.keys()]);
  }
}
