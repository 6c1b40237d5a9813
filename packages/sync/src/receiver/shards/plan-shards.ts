/** A shard as the lease table has it. */
export interface ShardRow {
  readonly name: string;
  /** Who holds its lease; null if nobody does, or the lease has run out. */
  readonly owner: string | null;
  /** Whose it is to be while that one is alive; null if it may be anyone's. */
  readonly wanted: string | null;
}

/** What one receiver sees. */
export interface ShardView {
  readonly me: string;
  /** Receivers that are alive; `me` among them. */
  readonly members: readonly string[];
  readonly shards: readonly ShardRow[];
}

/** What one receiver does next. */
export interface ShardPlan {
  readonly release: readonly string[];
  readonly acquire: readonly string[];
}

/**
 * Who has least takes what is free; if nothing is free, who has most gives away until no two differ
 * by more than one. A shard that is wanted by a live receiver goes there.
 */
export function planShards({ me, members, shards }: ShardView): ShardPlan {
  const alive = new Set(members);
  const wantedBy = ({ wanted }: ShardRow) => (wanted && alive.has(wanted) ? wanted : null);
  const mine = shards.filter(({ owner }) => owner === me);
  const leaving = mine.filter((shard) => (wantedBy(shard) ?? me) !== me);
  const free = shards.filter(({ owner }) => owner === null);
  const open = free.filter((shard) => wantedBy(shard) === null);
  const called = free.filter((shard) => wantedBy(shard) === me);
  const counts = new Map(members.map((member) => [member, 0]));
  for (const { owner } of shards) {
    if (owner !== null && counts.has(owner)) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  }
  const own = mine.length - leaving.length + called.length;
  counts.set(me, own);
  const acquire = [...called, ...fairPart(open, counts, me)];
  const surplus = free.length > 0 || leaving.length > 0 ? 0 : surplusOf(counts, me);
  const loose = mine.filter((shard) => wantedBy(shard) === null);
  return {
    release: [...leaving, ...(surplus > 0 ? loose.slice(-surplus) : [])].map(({ name }) => name),
    acquire: acquire.map(({ name }) => name),
  };
}

/** What is left for `me` if the poorest take one after the other. */
function fairPart(
  open: readonly ShardRow[],
  counts: ReadonlyMap<string, number>,
  me: string,
): ShardRow[] {
  const others = [...counts].filter(([member]) => member !== me).map(([, count]) => count);
  let own = counts.get(me) ?? 0;
  return open.filter(() => {
    if (others.some((count) => count < own)) return false;
    own++;
    return true;
  });
}

/** How many `me` gives away: the richest, and of several the first by name. */
function surplusOf(counts: ReadonlyMap<string, number>, me: string): number {
  const own = counts.get(me) ?? 0;
  const most = Math.max(...counts.values());
  const least = Math.min(...counts.values());
  if (own < most || most - least < 2) return 0;
  const richest = [...counts].filter(([, count]) => count === most).map(([member]) => member);
  if (richest.sort()[0] !== me) return 0;
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return Math.max(1, own - Math.ceil(total / counts.size));
}
