import { openSqlite } from "@headgate/sync/cores";

/** Blocks that a receiver has set aside, since their number was taken: `epoch/number/hash`. */
export function conflictsIn(path: string): ReadonlySet<string> {
  const database = openSqlite(path, 0, { isReadonly: true });
  try {
    const rows = database.prepare<{ epoch: string; seq: number; hash: string }>(
      `select epoch.id as epoch, seq, hash from conflict join epoch on epoch.ref = epoch_ref`,
    );
    return new Set(rows.all().map(({ epoch, seq, hash }) => `${epoch}/${seq}/${hash}`));
  } finally {
    database.close();
  }
}
