import assert from "node:assert/strict";
import { join } from "node:path";
import type { Sample } from "@headgate/model";
import { IndependentPeer } from "./independent-peer.ts";
import { openChannel, type Proof, pointOf, until } from "./proof.ts";

const ITEMS = 10_000;
const ROUNDS = 5;

/** Ten thousand monitored items: each change of each of them, once and in order. */
export const proveItems: Proof = async ({ program, directory, say }) => {
  const settings = { changing: ITEMS, period: 1000, "items-per-call": 300, reads: 400 };
  const peer = await IndependentPeer.start(program, { pki: join(directory, "peer"), settings });
  const ending = new AbortController();
  try {
    const connection = await openChannel(directory, { endpoint: peer.endpoint });
    const seen = new Map<string, number[]>();
    const points = Array.from({ length: ITEMS }, (_, index) =>
      pointOf(`Counters.C${String(index).padStart(5, "0")}`, { sampling: "250 ms" }),
    );
    const emit = (samples: Sample[]) => {
      for (const sample of samples) {
        assert.equal(sample.quality, "good");
        const list = seen.get(sample.pointId);
        if (list) list.push(Number(sample.value));
        else seen.set(sample.pointId, [Number(sample.value)]);
      }
    };
    const startMs = performance.now();
    const ended = connection.subscribe?.(points, emit, ending.signal);
    await until("every item", 60, () => seen.size === ITEMS);
    say(`${ITEMS} monitored items: all told after ${Math.round(performance.now() - startMs)} ms`);
    await until("their changes", 60, () => [...seen.values()].every((l) => l.length > ROUNDS));
    ending.abort();
    await ended;
    await connection.close();
    for (const [id, numbers] of seen) {
      numbers.forEach((number, index) => {
        assert.equal(number, (numbers[0] ?? 0) + index, `${id}: ${numbers}`);
      });
    }
    const changes = [...seen.values()].reduce((sum, { length }) => sum + length, 0);
    say(`${changes} changes, every one once and in order`);
  } finally {
    ending.abort();
    await peer.stop();
  }
};
