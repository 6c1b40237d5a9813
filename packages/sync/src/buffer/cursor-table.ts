import type { Stream } from "@headgate/model";
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

  remove(epoch: string): void {
    this.#db.prepare("delete from cursor where epoch = ?").run(epoch);
  }
}
