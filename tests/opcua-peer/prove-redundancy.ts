import assert from "node:assert/strict";
import { join } from "node:path";
import type { Connection, Sample } from "@headgate/model";
import { IndependentPeer } from "./independent-peer.ts";
import { openChannel, type Proof, pointOf, until } from "./proof.ts";

/** Two servers of the same data: the healthier one is used, and left when it is not. */
export const proveRedundancy: Proof = async ({ program, directory, say }) => {
  const start = (name: string, level: number) =>
    IndependentPeer.start(program, {
      pki: join(directory, name),
      settings: { changing: 1, period: 100, level },
    });
  const [first, second] = [await start("first", 100), await start("second", 255)];
  const settings = { endpoint: first.endpoint, alternatives: [second.endpoint] };
  try {
    const chosen = await open(directory, settings);
    await first.stop();
    await lives(chosen);
    say("the healthier of two was chosen");
    const restarted = await IndependentPeer.start(program, {
      pki: join(directory, "first"),
      settings: { changing: 1, period: 100, level: 255, port: first.port },
    });
    second.setServiceLevel(50);
    await until("the session on it is given up", 30, () => chosen.isLost());
    await chosen.connection.close();
    const next = await open(directory, settings);
    await second.stop();
    await lives(next);
    say("a service level that fell moved the session to the other");
    await restarted.stop();
    await until("the line is lost", 30, () => next.isLost());
    await next.connection.close();
    say("with neither of them the line is lost");
  } finally {
    await first.stop();
    await second.stop();
  }
};

interface Used {
  readonly connection: Connection;
  isLost(): boolean;
  count(): number;
}

async function open(directory: string, settings: object): Promise<Used> {
  const connection = await openChannel(directory, settings);
  let isLost = false;
  let count = 0;
  const emit = (samples: Sample[]) => {
    count += samples.length;
  };
  const points = [pointOf("Counters.C00000", { sampling: "50 ms" })];
  connection.subscribe?.(points, emit, new AbortController().signal).catch(() => {
    isLost = true;
  });
  await until("its first samples", 30, () => count > 3);
  return { connection, isLost: () => isLost, count: () => count };
}

async function lives({ count, isLost }: Used): Promise<void> {
  const before = count();
  await until("more samples", 10, () => count() > before + 10);
  assert.equal(isLost(), false);
}
