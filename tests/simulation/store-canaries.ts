import { extentOf } from "@headgate/model";
import { spansOf, unionOf } from "@headgate/sync/cores";
import type { Arrival, Store } from "@headgate/sync/receiver";

/** A store that counts these as kept, whether they are or not. */
function claiming(store: Store, claims: () => readonly Arrival[], commit: Store["commit"]): Store {
  return {
    incarnation: store.incarnation,
    gatewayIds: () => store.gatewayIds(),
    standing: (gatewayId, countMax) =>
      store.standing(gatewayId, countMax).map((one) => {
        const own = claims().filter(({ entry }) => entry.epoch === one.epoch);
        const spans = spansOf(own.map(({ entry }) => extentOf(entry)));
        return { ...one, covered: unionOf(one.covered, spans) };
      }),
    addPointList: (record) => store.addPointList(record),
    commit,
    close: () => store.close(),
  };
}

/** Commits a slice only when the next one comes, but counts it at once. */
export function acknowledgingEarly(store: Store): Store {
  let pending: readonly Arrival[] = [];
  return claiming(
    store,
    () => pending,
    async (arrivals, nowMs) => {
      const earlier = pending;
      pending = arrivals;
      await store.commit(earlier, nowMs);
      return arrivals.map(() => "stored");
    },
  );
}

/** Takes data that is no newer than the newest it has for data it has. */
export function dedupingByTime(store: Store): Store {
  const dropped: Arrival[] = [];
  let newestMs = 0;
  return claiming(
    store,
    () => dropped,
    async (arrivals, nowMs) => {
      const isOld = ({ entry }: Arrival) => entry.kind === "data" && entry.toMs <= newestMs;
      const kept = arrivals.filter((arrival) => !isOld(arrival));
      dropped.push(...arrivals.filter(isOld));
      for (const { entry } of kept) newestMs = Math.max(newestMs, entry.toMs);
      const verdicts = [...(await store.commit(kept, nowMs))];
      return arrivals.map((arrival) => {
        return kept.includes(arrival) ? (verdicts.shift() ?? "stored") : "duplicate";
      });
    },
  );
}
