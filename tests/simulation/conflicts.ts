import { openSqlite } from "@headgate/sync/cores";

/** What a receiver has set aside, since its numbers were taken. */
export interface Asides {
  /** Whether that is the block of this hash, or a record that tells of it. */
  has(epoch: string, seq: number, hash: string): boolean;
}

interface Row {
  readonly epoch: string;
  readonly seq: number;
  readonly hash: string;
  readonly body: Buffer | null;
}

/** Reads what the store at `path` has set aside. */
export function conflictsIn(path: string): Asides {
  const database = openSqlite(path, 0, { isReadonly: true });
  try {
    const rows = database
      .prepare<Row>(
        `select epoch.id as epoch, seq, hash, body from conflict
         join epoch on epoch.ref = epoch_ref`,
      )
      .all();
    const blocks = new Set(rows.map(({ epoch, seq, hash }) => `${epoch}/${seq}/${hash}`));
    const records = rows.flatMap(({ epoch, seq, body }) => {
      const last = lastOf(body);
      return last === null ? [] : [{ epoch, first: seq, last }];
    });
    return {
      has: (epoch, seq, hash) =>
        blocks.has(`${epoch}/${seq}/${hash}`) ||
        records.some((one) => one.epoch === epoch && one.first <= seq && one.last >= seq),
    };
  } finally {
    database.close();
  }
}

/** Of a gap record or a thinned entry, which are kept as text; null of a block. */
function lastOf(body: Buffer | null): number | null {
  const text = body?.toString("latin1") ?? "";
  return /^\{"kind":"(gap|thinned)",/.test(text) ? JSON.parse(text).last : null;
}
