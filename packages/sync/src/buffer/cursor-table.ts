import type { Stream } from "@headgate/model";
import { differenceOf, type Span } from "../ranges.ts";
import type { Sqlite } from "./sqlite.ts";
import type { StoredCursor } from "./store-messages.ts";

interface Row {
  readonly uplink: string;
  readonly stream: Stream;
  readonly epoch: string;
  readonly spans: string;
}

/** What each uplink has acknowledged. */
export class CursorTable {
  readonly #db: Sqlite;

  constructor(db: Sqlite) {
    this.#db = db;
  }

  all(): StoredCursor[] {
    const rows = this.#db.prepare<Row>("select * from cursor").all();
    return rows.map(({ uplink, stream, epoch, spans }) => {
      return { uplinkId: uplink, stream, epoch, spans: JSON.parse(spans) };
    });
  }

  store({ uplinkId, stream, epoch, spans }: StoredCursor): void {
    this.#db
      .prepare("insert or replace into cursor values (?, ?, ?, ?)")
      .run(uplinkId, stream, epoch, JSON.stringify(spans));
  }

  /** Numbers that are to be sent again, to every uplink. */
  forget({ stream, epoch }: Pick<Row, "stream" | "epoch">, span: Span): void {
    const cursors = this.all();
    const ofEpoch = cursors.filter((cursor) => cursor.epoch === epoch);
    for (const cursor of ofEpoch) {
      this.store({ ...cursor, spans: differenceOf(cursor.spans, [span]) });
    }
    if (ofEpoch.length > 0 || span.first === 1) return;
    // The epoch was over, and every uplink had all of it.
    const spans = [{ first: 1, last: span.first - 1 }];
    for (const uplinkId of new Set(cursors.map((cursor) => cursor.uplinkId))) {
      this.store({ uplinkId, stream, epoch, spans });
    }
  }

  remove(epoch: string): void {
    this.#db.prepare("delete from cursor where epoch = ?").run(epoch);
  }
}
