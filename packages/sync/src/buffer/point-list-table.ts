import type { PointList } from "@headgate/model";
import type { Sqlite } from "./sqlite.ts";

/** The point lists that blocks refer to, by number there and by hash outside. */
export class PointListTable {
  readonly #db: Sqlite;
  #numbers: ReadonlyMap<string, number>;

  constructor(db: Sqlite) {
    this.#db = db;
    this.#numbers = this.#load();
  }

  get numbers(): ReadonlyMap<string, number> {
    return this.#numbers;
  }

  /** Takes back what a rolled back transaction changed: pass what `numbers` was before it. */
  restore(numbers: ReadonlyMap<string, number>): void {
    this.#numbers = numbers;
  }

  add({ hash, pointIds }: PointList): void {
    if (this.#numbers.has(hash)) return;
    const no = 1 + Math.max(0, ...this.#numbers.values());
    const ids = JSON.stringify(pointIds);
    this.#db.prepare("insert into point_list values (?, ?, ?)").run(no, hash, ids);
    // Once more on other pages: without its list a block's samples are of no point.
    this.#db.prepare("insert or replace into meta values (?, ?)").run(`list/${no}`, ids);
    this.#numbers = new Map([...this.#numbers, [hash, no]]);
  }

  /** 0 for a block that refers to none. */
  numberOf(hash: string): number {
    return this.#numbers.get(hash) ?? 0;
  }

  get(hash: string): PointList | null {
    const sql = "select ids from point_list where hash = ?";
    const found = this.#db.prepare<{ ids: string }>(sql).get(hash);
    return found ? { hash, pointIds: JSON.parse(found.ids) } : null;
  }

  /** Lists that no block refers to go; with one list there is nothing to look for. */
  #load(): Map<string, number> {
    const lists = this.#db.prepare<{ no: number; hash: string }>("select no, hash from point_list");
    if (lists.all().length > 1) {
      const used = ["main_block", "main_thinned", "events_block", "history_block"];
      const lists = used.map((table) => `select list from ${table}`).join(" union ");
      this.#db.exec(
        `delete from point_list where no not in (${lists});
         delete from meta where key glob 'list/*'
         and cast(substr(key, 6) as integer) not in (select no from point_list)`,
      );
    }
    return new Map(lists.all().map(({ no, hash }) => [hash, no]));
  }
}
