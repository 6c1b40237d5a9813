import type { PointList } from "@headgate/model";
import type { Connection, Statement } from "./connection.ts";

/** Names and lists kept in memory before the cache starts afresh. */
const CACHED_REFS_MAX = 500_000;
const CACHED_LISTS_MAX = 1000;

/** Rows of points, and the point lists that blocks refer to. */
export class PointTable {
  readonly #refs = new Map<string, number>();
  readonly #lists = new Map<string, readonly number[]>();
  readonly #find: Statement<number>;
  readonly #insert: Statement;
  readonly #findList: Statement<string>;
  readonly #insertList: Statement;

  constructor(database: Connection) {
    this.#find = database.prepare<number>("select ref from point where gateway_ref = ? and id = ?");
    this.#find.pluck();
    this.#insert = database.prepare("insert into point (gateway_ref, id) values (?, ?)");
    this.#findList = database.prepare<string>("select ids from point_list where hash = ?");
    this.#findList.pluck();
    this.#insertList = database.prepare("insert or ignore into point_list values (?, ?)");
  }

  /** Forgets what a rolled back transaction did. */
  reload(): void {
    this.#refs.clear();
    this.#lists.clear();
  }

  addList({ hash, pointIds }: PointList): void {
    this.#insertList.run(hash, JSON.stringify(pointIds));
  }

  /** The row of each point of the list, or null if the list is not known. */
  refsOfList(gatewayRef: number, hash: string): readonly number[] | null {
    const key = `${gatewayRef} ${hash}`;
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    const ids = this.#findList.get(hash);
    if (ids === undefined) return null;
    const pointIds: string[] = JSON.parse(ids);
    const refs = pointIds.map((id) => this.ref(gatewayRef, id));
    if (this.#lists.size >= CACHED_LISTS_MAX) this.#lists.clear();
    this.#lists.set(key, refs);
    return refs;
  }

  ref(gatewayRef: number, pointId: string): number {
    const key = `${gatewayRef} ${pointId}`;
    const known = this.#refs.get(key);
    if (known !== undefined) return known;
    const found = this.#find.get(gatewayRef, pointId);
    const ref = found ?? Number(this.#insert.run(gatewayRef, pointId).lastInsertRowid);
    if (this.#refs.size >= CACHED_REFS_MAX) this.#refs.clear();
    this.#refs.set(key, ref);
    return ref;
  }
}
