import type { Block, PointList, Stream, Thinned } from "@headgate/model";
import type { Sqlite } from "./sqlite.ts";
import type { StoredBlock, StoredThinned } from "./store-messages.ts";

/** Kept for a person to look at: beyond either bound the oldest go. */
const QUARANTINED_MAX = 64;
const QUARANTINED_BYTES_MAX = 64 * 1024 * 1024;

/** What no far side takes, with all that is needed to send it again or to read it. */
export interface KeptAside {
  readonly entry: Block | Thinned;
  readonly pointList: PointList | null;
  /** The picture's file, which stays where it is; the body is its header only. */
  readonly media: { readonly name: string; readonly bytes: number } | null;
}

/** One row. Of what an older version kept aside, `kept` is null: no more than its body is known. */
export interface QuarantinedRow {
  readonly no: number;
  readonly stream: Stream;
  readonly epoch: string;
  readonly seq: number;
  readonly reason: string;
  readonly body: Uint8Array;
  readonly kept: KeptAside | null;
}

interface Row {
  readonly no: number;
  readonly stream: Stream;
  readonly epoch: string;
  readonly seq: number;
  readonly reason: string;
  readonly body: Uint8Array;
  readonly about: string;
}

/** What no far side takes. */
export class QuarantineTable {
  readonly #db: Sqlite;

  constructor(db: Sqlite) {
    this.#db = db;
  }

  /** Keeps a copy; `note` says why. Returns the names of pictures that had to go for it. */
  keep({ entry, pointList, media }: KeptAside, note: string): string[] {
    const { body, ...named } = entry;
    const seq = entry.kind === "thinned" ? entry.first : entry.seq;
    const { stream, epoch, hash } = named;
    const about = JSON.stringify({ entry: named, pointList, media });
    this.#db
      .prepare(
        `insert into quarantined (stream, epoch, seq, reason, hash, body, about)
         values (?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(stream, epoch, seq, note, hash, body, about);
    return this.#prune();
  }

  get rows(): QuarantinedRow[] {
    return this.#db.prepare<Row>("select * from quarantined order by no").all().map(rowOf);
  }

  /** Takes entries out; those of an older version stay. */
  take(numbers: readonly number[]): KeptAside[] {
    return this.rows.flatMap(({ no, kept }) => {
      if (!kept || !numbers.includes(no)) return [];
      this.#remove(no);
      return [kept];
    });
  }

  #remove(no: number): void {
    this.#db.prepare("delete from quarantined where no = ?").run(no);
  }

  /** Names of the pictures that rows refer to. */
  mediaNames(): string[] {
    return this.rows.flatMap(({ kept }) => (kept?.media ? [kept.media.name] : []));
  }

  #prune(): string[] {
    const removed: string[] = [];
    let count = 0;
    let bytes = 0;
    for (const { no, kept, body } of this.rows.reverse()) {
      count++;
      bytes += body.byteLength + (kept?.media?.bytes ?? 0);
      const isTooMuch = count > QUARANTINED_MAX || bytes > QUARANTINED_BYTES_MAX;
      // The newest stays, however large.
      if (!isTooMuch || count === 1) continue;
      this.#remove(no);
      if (kept?.media) removed.push(kept.media.name);
    }
    return removed;
  }
}

/** A stored entry without what only the database knows of it. */
export function entryOf(stored: StoredBlock | StoredThinned): Block | Thinned {
  const { isSound: _isSound, ...entry } = stored;
  if (!("mediaName" in entry)) return entry;
  const { mediaName: _mediaName, ...block } = entry;
  return block;
}

function rowOf({ about, ...row }: Row): QuarantinedRow {
  if (about === "") return { ...row, kept: null };
  const { entry, pointList, media } = JSON.parse(about) as KeptAside;
  return { ...row, kept: { entry: { ...entry, body: row.body }, pointList, media } };
}
