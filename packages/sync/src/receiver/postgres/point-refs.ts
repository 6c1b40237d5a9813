import type { PointList } from "@headgate/model";
import type { Session } from "./database.ts";
import { postgresText } from "./texts.ts";

/** Names and lists kept in memory before the cache starts afresh. */
const CACHED_REFS_MAX = 500_000;
const CACHED_LISTS_MAX = 1000;

/** A point list as one gateway uses it, or points named one by one. */
export interface WantedPoints {
  readonly gatewayRef: number;
  readonly hash?: string;
  readonly pointIds?: readonly string[];
}

/** Rows of points, and the point lists that blocks refer to. */
export class PointRefs {
  readonly #session: Session;
  readonly #refs = new Map<string, number>();
  readonly #lists = new Map<string, readonly number[]>();

  constructor(session: Session) {
    this.#session = session;
  }

  async addList({ hash, pointIds }: PointList): Promise<void> {
    await this.#session.query("insert into point_list values ($1, $2) on conflict do nothing", [
      hash,
      JSON.stringify(pointIds.map(postgresText)),
    ]);
  }

  /** Sees to it that the points have rows, and that those are known here. */
  async prepare(wanted: readonly WantedPoints[]): Promise<void> {
    if (this.#refs.size >= CACHED_REFS_MAX) this.#refs.clear();
    if (this.#lists.size >= CACHED_LISTS_MAX) this.#lists.clear();
    const lists = await this.#readLists(wanted);
    const named = new Map<string, { gatewayRef: number; id: string }>();
    const need = (gatewayRef: number, ids: readonly string[]) => {
      for (const id of ids) named.set(keyOf(gatewayRef, id), { gatewayRef, id: postgresText(id) });
    };
    for (const { gatewayRef, ids } of lists.values()) need(gatewayRef, ids);
    for (const { gatewayRef, pointIds } of wanted) need(gatewayRef, pointIds ?? []);
    await this.#createPoints(named);
    for (const [key, { gatewayRef, ids }] of lists) {
      this.#lists.set(
        key,
        ids.map((id) => this.ref(gatewayRef, id)),
      );
    }
  }

  /** The row of each point of the list, or null if the list is not known. */
  refsOfList(gatewayRef: number, hash: string): readonly number[] | null {
    return this.#lists.get(`${gatewayRef} ${hash}`) ?? null;
  }

  ref(gatewayRef: number, pointId: string): number {
    const ref = this.#refs.get(keyOf(gatewayRef, pointId));
    if (ref === undefined) throw new Error(`point "${pointId}" was not prepared`);
    return ref;
  }

  async #readLists(wanted: readonly WantedPoints[]) {
    const missing = new Map<string, { gatewayRef: number; hash: string }>();
    for (const { gatewayRef, hash } of wanted) {
      const key = `${gatewayRef} ${hash}`;
      if (hash !== undefined && !this.#lists.has(key)) missing.set(key, { gatewayRef, hash });
    }
    const lists = new Map<string, { gatewayRef: number; ids: readonly string[] }>();
    if (missing.size === 0) return lists;
    const { rows } = await this.#session.query<{ hash: string; ids: string }>(
      "select hash, ids from point_list where hash = any($1::text[])",
      [[...new Set([...missing.values()].map(({ hash }) => hash))]],
    );
    const idsOf = new Map(rows.map(({ hash, ids }) => [hash, JSON.parse(ids) as string[]]));
    for (const [key, { gatewayRef, hash }] of missing) {
      const ids = idsOf.get(hash);
      if (ids) lists.set(key, { gatewayRef, ids });
    }
    return lists;
  }

  async #createPoints(named: ReadonlyMap<string, { gatewayRef: number; id: string }>) {
    const missing = [...named].filter(([key]) => !this.#refs.has(key)).map(([, point]) => point);
    if (missing.length === 0) return;
    const names = [missing.map(({ gatewayRef }) => gatewayRef), missing.map(({ id }) => id)];
    await this.#session.query(
      `insert into point (gateway_ref, id) select * from unnest($1::int[], $2::text[])
       on conflict do nothing`,
      names,
    );
    const { rows } = await this.#session.query<{ gateway_ref: number; id: string; ref: number }>(
      `select gateway_ref, id, ref from point
       join unnest($1::int[], $2::text[]) as wanted (gateway_ref, id) using (gateway_ref, id)`,
      names,
    );
    for (const { gateway_ref, id, ref } of rows) this.#refs.set(keyOf(gateway_ref, id), ref);
  }
}

function keyOf(gatewayRef: number, pointId: string): string {
  return `${gatewayRef} ${postgresText(pointId)}`;
}
