import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, type Sample, Unreachable } from "@headgate/model";
import { CutLine } from "../integration/peers/cut-line.ts";
import { IndependentPeer } from "./independent-peer.ts";
import { openChannel, type Proof, pointOf, until } from "./proof.ts";

const POINTS = 200;
const PERIOD_MS = 200;
const CUTS = 5;
const CUT_MS = 3000;

/**
 * A line that is cut again and again, to a server that keeps no history: the subscription is taken
 * over each time, and what the server kept meanwhile is told, each change once and in order. Where
 * the server refuses, a new one is made.
 */
export const proveTransfer: Proof = async ({ program, directory, say }) => {
  const settings = { changing: POINTS, period: PERIOD_MS };
  const peer = await IndependentPeer.start(program, { pki: join(directory, "peer"), settings });
  const line = await CutLine.to(peer.port);
  const endpoint = `opc.tcp://127.0.0.1:${line.port}`;
  try {
    const named = { endpoint, publishingInterval: "100 ms", username: "viewer", password: "milk" };
    const user = await follow(line, (samples) => watch(directory, named, samples));
    const { missing, twice, count } = judge(user);
    say(`${CUTS} cuts of ${CUT_MS / 1000} s: ${count} changes of ${POINTS} points`);
    say(`missing: ${missing}, twice: ${twice}`);
    assert.deepEqual({ missing, twice }, { missing: 0, twice: 0 });
    // Anybody could take over what nobody owns: a server refuses that, and so it should.
    const anonymous = { endpoint, publishingInterval: "100 ms" };
    const nobody = judge(await follow(line, (samples) => watch(directory, anonymous, samples)));
    assert.equal(nobody.twice, 0);
    assert.ok(nobody.missing > 0, "what was told while the line was cut is gone");
    say(`refused to a user without a name: a new subscription, ${nobody.missing} missing`);
  } finally {
    await line.close();
    await peer.stop();
  }
};

interface Watched {
  readonly connection: Connection;
  readonly lost: Promise<unknown>;
}

async function follow(
  line: CutLine,
  open: (samples: Sample[]) => Promise<Watched>,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  let watched = await open(samples);
  for (let cut = 0; cut < CUTS; cut++) {
    const before = samples.length;
    await until("samples", 60, () => samples.length > before + 5 * POINTS);
    line.cut();
    assert.ok((await watched.lost) instanceof Unreachable);
    await watched.connection.close();
    await sleep(CUT_MS);
    line.mend();
    watched = await open(samples);
  }
  const before = samples.length;
  await until("the last samples", 60, () => samples.length > before + 20 * POINTS);
  await watched.connection.close();
  return samples;
}

async function watch(directory: string, settings: object, into: Sample[]): Promise<Watched> {
  const connection = await openChannel(directory, settings);
  const never = new AbortController().signal;
  const points = Array.from({ length: POINTS }, (_, n) =>
    pointOf(`Counters.C${String(n).padStart(5, "0")}`, { sampling: "50 ms" }),
  );
  const lost = connection
    .subscribe?.(points, (some) => into.push(...some), never)
    .catch((error: unknown) => error);
  return { connection, lost: lost ?? Promise.resolve() };
}

/** Each counter's numbers follow each other. */
function judge(samples: readonly Sample[]) {
  const last = new Map<string, number>();
  let [missing, twice] = [0, 0];
  for (const { pointId, quality, value } of samples) {
    assert.equal(quality, "good");
    const number = Number(value);
    const before = last.get(pointId);
    last.set(pointId, number);
    if (before === undefined) continue;
    if (number <= before) twice++;
    else missing += number - before - 1;
  }
  return { count: samples.length, missing, twice };
}
