import type { Gap } from "@headgate/model";
import type { Committed, Dial, StoreCaller } from "@headgate/sync/cores";

/** A client whose messages on some topics get lost though the broker's thanks come. */
export function losing(dial: Dial, isLost: (topic: string) => boolean): Dial {
  return async (options) => {
    const client = await dial(options);
    const { publish, publishAsync } = client;
    Object.assign(client, {
      publish(topic: string, ...rest: readonly unknown[]) {
        if (!isLost(topic)) return Reflect.apply(publish, client, [topic, ...rest]);
        const done = rest.at(-1);
        if (typeof done === "function") void Promise.resolve().then(() => done());
        return client;
      },
      async publishAsync(topic: string, ...rest: readonly unknown[]) {
        if (!isLost(topic)) await Reflect.apply(publishAsync, client, [topic, ...rest]);
      },
    });
    return client;
  };
}

/** A database that tells of some gap records only, and with another count if one is given. */
export function committing(
  disk: StoreCaller,
  isTold: (gap: Gap) => boolean,
  sampleCount?: number,
): StoreCaller {
  return {
    async call(name, request) {
      const answer = await disk.call(name, request);
      if (name !== "commit") return answer;
      const committed = answer as Committed;
      const gaps = committed.gaps?.filter(isTold).map((gap) => {
        return sampleCount === undefined ? gap : { ...gap, sampleCount };
      });
      return { ...committed, gaps: gaps ?? null } as typeof answer;
    },
    end: () => disk.end(),
  };
}
