import { Unreachable } from "@headgate/model";
import type { Store } from "@headgate/sync/receiver";
import type { Life } from "./life.ts";
import type { World } from "./world-parts.ts";

const never = new AbortController().signal;
const COMMIT_MS_MAX = 30;
/** All that there are. */
const EPOCHS_MAX = 10_000;

/** The receiver's real store on a disk that fails, and the oracle looks on. */
export function watchedStore(
  store: Store,
  { world, life, receiverId }: { world: World; life: Life; receiverId: string },
): Store {
  const { rng, sky, oracle, history } = world;
  const tellDurable = () => {
    for (const id of store.gatewayIds()) oracle.durable(receiverId, store.standing(id, EPOCHS_MAX));
  };
  const fail = (what: string) => {
    history.note(`the store of "${receiverId}" fails, ${what}`);
    throw new Unreachable("write store: the disk fails");
  };
  tellDurable();
  return {
    incarnation: store.incarnation,
    gatewayIds: () => store.gatewayIds(),
    standing: (gatewayId, countMax) => store.standing(gatewayId, countMax),
    addPointList: (record) => store.addPointList(record),
    async commit(arrivals, nowMs) {
      await life.clock.sleep(rng.between(1, COMMIT_MS_MAX), never);
      const isFailing = rng.chance(sky.weather.receiverFailed);
      if (isFailing && rng.chance(0.5)) fail("nothing of it is stored");
      const verdicts = await store.commit(arrivals, nowMs);
      for (const [index, verdict] of verdicts.entries()) {
        const arrival = arrivals[index];
        if (verdict === "stored" && arrival) oracle.stored(arrival);
      }
      tellDurable();
      history.trace(`"${receiverId}" commits: ${verdicts.join()}`);
      if (isFailing) fail("all of it is stored");
      return life.within(async () => verdicts);
    },
    close: () => store.close(),
  };
}
