import { Unreachable } from "@headgate/model";
import type { ShardRow } from "../shards/plan-shards.ts";
import type { Database, Transaction } from "./database.ts";
import type { Fence } from "./postgres-store.ts";

/** A shard's lease, held by one receiver. Each holder has a higher token than the one before. */
export interface Lease {
  readonly shard: string;
  readonly token: number;
}

/** A shard as people see it. */
export interface ShardStanding extends ShardRow {
  readonly token: number;
  /** Of the lease; null if nobody has one. */
  readonly expiresInMs: number | null;
}

/** Who owns which shard, until when: by the database's clock alone. */
export class LeaseTable {
  readonly #database: Database;
  readonly #me: string;
  readonly #leaseMs: number;

  constructor(database: Database, me: string, leaseMs: number) {
    this.#database = database;
    this.#me = me;
    this.#leaseMs = leaseMs;
  }

  async declare(names: readonly string[]): Promise<void> {
    await this.#database.query(
      "insert into shard (name) select unnest($1::text[]) on conflict do nothing",
      [names],
    );
  }

  /** Says that we are alive, and renews our leases; resolves with those that are still ours. */
  async renew(leases: readonly Lease[]): Promise<readonly string[]> {
    await this.#database.query(
      `insert into receiver (id, expires_at)
       values ($1, clock_timestamp() + $2 * interval '1 millisecond')
       on conflict (id) do update set expires_at = excluded.expires_at`,
      [this.#me, this.#leaseMs],
    );
    if (leases.length === 0) return [];
    const { rows } = await this.#database.query<{ name: string }>(
      `update shard set expires_at = clock_timestamp() + $3 * interval '1 millisecond'
       from unnest($1::text[], $2::int8[]) as held (name, token)
       where shard.name = held.name and shard.token = held.token and owner is not null
       returning shard.name`,
      [leases.map(({ shard }) => shard), leases.map(({ token }) => token), this.#leaseMs],
    );
    return rows.map(({ name }) => name);
  }

  /** All shards, and the receivers that are alive. */
  async view(): Promise<{ shards: ShardStanding[]; members: string[] }> {
    return readShards(this.#database);
  }

  /** Null if another one has it, or was quicker. */
  async acquire(name: string): Promise<Lease | null> {
    return this.#database.transact(async (transaction) => {
      // Waits for a commit of the last owner that is under way; times are taken after it.
      const found = await transaction.query<{ is_free: boolean }>(
        `select owner is null or owner = $2 or expires_at <= clock_timestamp() as is_free
         from shard where name = $1 for update`,
        [name, this.#me],
      );
      if (found.rows[0]?.is_free !== true) return null;
      await endLease(transaction, name, "expired");
      const taken = await transaction.query<{ token: number }>(
        `update shard set owner = $2, token = token + 1,
         expires_at = clock_timestamp() + $3 * interval '1 millisecond'
         where name = $1 returning token`,
        [name, this.#me, this.#leaseMs],
      );
      const token = taken.rows[0]?.token as number;
      await transaction.query(
        `insert into lease (shard, token, owner, acquired_at)
         values ($1, $2, $3, clock_timestamp())`,
        [name, token, this.#me],
      );
      return { shard: name, token };
    });
  }

  async release({ shard, token }: Lease): Promise<void> {
    await this.#database.transact(async (transaction) => {
      const found = await transaction.query(
        "select 1 from shard where name = $1 and token = $2 and owner is not null for update",
        [shard, token],
      );
      if (found.rowCount === 0) return;
      await endLease(transaction, shard, "released");
      await transaction.query("update shard set owner = null, expires_at = null where name = $1", [
        shard,
      ]);
    });
  }

  /** We are going. */
  async leave(): Promise<void> {
    await this.#database.query("delete from receiver where id = $1", [this.#me]);
  }
}

/** What a store checks in each transaction, so that only the present owner commits. */
export function fenceOf({ shard, token }: Lease): Fence {
  return {
    shard,
    token,
    async check(transaction) {
      const { rowCount } = await transaction.query(
        "select 1 from shard where name = $1 and token = $2 and owner is not null for share",
        [shard, token],
      );
      if (rowCount === 0) throw new Unreachable(`shard "${shard}": another receiver owns it now`);
    },
  };
}

/** All shards, and the receivers that are alive. */
export async function readShards(
  database: Database,
): Promise<{ shards: ShardStanding[]; members: string[] }> {
  const shards = await database.query<{
    name: string;
    owner: string | null;
    wanted: string | null;
    token: number;
    left_ms: number | null;
  }>(
    `select name, owner, wanted, token,
     (extract(epoch from expires_at - clock_timestamp()) * 1000)::float8 as left_ms
     from shard order by name`,
  );
  const members = await database.query<{ id: string }>(
    "select id from receiver where expires_at > clock_timestamp() order by id",
  );
  return {
    shards: shards.rows.map(({ name, owner, wanted, token, left_ms }) => {
      const isHeld = owner !== null && left_ms !== null && left_ms > 0;
      return {
        name,
        owner: isHeld ? owner : null,
        wanted,
        token,
        expiresInMs: isHeld ? Math.round(left_ms) : null,
      };
    }),
    members: members.rows.map(({ id }) => id),
  };
}

async function endLease(transaction: Transaction, shard: string, how: string): Promise<void> {
  await transaction.query(
    `update lease set ended_at = clock_timestamp(), how = $2
     where shard = $1 and ended_at is null`,
    [shard, how],
  );
}
