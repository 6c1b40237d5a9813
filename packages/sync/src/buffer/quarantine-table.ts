import type { Block } from "@headgate/model";
import type { Sqlite } from "./sqlite.ts";

/** Quarantined blocks kept for a person to look at. */
const QUARANTINED_MAX = 64;

type Kept = Pick<Block, "stream" | "epoch" | "seq" | "hash" | "body">;

/** Keeps a copy of a block that no far side takes; `note` says why. */
export function keepAside(db: Sqlite, block: Kept, note: string): void {
  const { stream, epoch, seq, hash, body } = block;
  db.prepare("insert into quarantined values (null, ?, ?, ?, ?, ?, ?)").run(
    stream,
    epoch,
    seq,
    note,
    hash,
    body,
  );
}

/** The oldest go beyond the bound. */
export function pruneQuarantined(db: Sqlite): void {
  const sql = "delete from quarantined where no <= (select max(no) from quarantined) - ?";
  db.prepare(sql).run(QUARANTINED_MAX);
}
