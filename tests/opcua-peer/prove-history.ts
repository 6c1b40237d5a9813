import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type BufferedSample, exportBuffer } from "@headgate/sync/buffer";
import { Program } from "../faults/program.ts";
import { CutLine } from "../integration/peers/cut-line.ts";
import { IndependentPeer, PLANT } from "./independent-peer.ts";
import type { Proof } from "./proof.ts";

const MAIN = join(import.meta.dirname, "..", "..", "packages", "gateway", "src", "main.ts");
const POINTS = 200;
const PERIOD_MS = 1000;

/**
 * A gateway whose line to the server is cut for ten minutes, and which is killed twice while it
 * fetches what it missed: every number of every counter is there, once.
 */
export const proveHistory: Proof = async ({ program, directory, minutes, say }) => {
  const settings = { changing: POINTS, history: POINTS, period: PERIOD_MS };
  const peer = await IndependentPeer.start(program, { pki: join(directory, "peer"), settings });
  const line = await CutLine.to(peer.port);
  writeFileSync(join(directory, "gateway.yaml"), JSON.stringify(configOf(line.port)));
  mkdirSync(join(directory, "log"));
  const words = ["--conditions=headgate-source", MAIN, "run", "-c"];
  const gateway = new Program({
    name: "gateway",
    words: [...words, join(directory, "gateway.yaml")],
    folder: join(directory, "log"),
  });
  try {
    gateway.start();
    await untilStored(directory, "live samples", (samples) => samples.length > 5 * POINTS);
    line.cut();
    say(`line cut for ${minutes} min`);
    await sleep(minutes * 60_000);
    line.mend();
    for (let kills = 0; kills < 2; kills++) {
      const before = backfilledIn(directory);
      await untilStored(directory, "some of it", () => backfilledIn(directory) > before);
      await gateway.kill();
      say(`gateway killed with ${backfilledIn(directory)} samples backfilled`);
      gateway.start();
    }
    const whole = () => judge([...exportBuffer(join(directory, "data"))]).missing === 0;
    await untilStored(directory, "all of it", whole);
    await sleep(5 * PERIOD_MS);
    assert.equal(await gateway.stop(10_000), 0);
    const { count, backfilled, twice, missing } = judge([...exportBuffer(join(directory, "data"))]);
    say(`${count} samples of ${POINTS} points, ${backfilled} of them backfilled`);
    say(`missing: ${missing}, twice: ${twice}`);
    assert.deepEqual({ missing, twice }, { missing: 0, twice: 0 });
    assert.ok(backfilled >= POINTS * minutes * 55);
    assert.deepEqual(gateway.surprises, []);
  } finally {
    await gateway.kill();
    await line.close();
    await peer.stop();
  }
};

function configOf(port: number): object {
  const names = Array.from({ length: POINTS }, (_, n) => `C${String(n).padStart(5, "0")}`);
  const points = names.map((name) => {
    const address = `nsu=${PLANT};s=Counters.${name}`;
    return [name, { address, subscribe: "250 ms" }];
  });
  return {
    gateway: { id: "history" },
    buffer: { path: "./data" },
    channels: { plc: { driver: "opcua", endpoint: `opc.tcp://127.0.0.1:${port}` } },
    devices: { plant: { channel: "plc", history: true, points: Object.fromEntries(points) } },
    web: false,
  };
}

async function untilStored(
  directory: string,
  what: string,
  isTrue: (samples: BufferedSample[]) => boolean,
): Promise<void> {
  const endMs = performance.now() + 300_000;
  for (;;) {
    await sleep(500);
    try {
      if (isTrue([...exportBuffer(join(directory, "data"))])) return;
    } catch {
      // Not there yet.
    }
    if (performance.now() > endMs) throw new Error(`not within 5 min: ${what}`);
  }
}

function backfilledIn(directory: string): number {
  let count = 0;
  for (const { isBackfilled } of exportBuffer(join(directory, "data"))) if (isBackfilled) count++;
  return count;
}

/** Each counter's numbers follow each other; its time is its number times the period. */
function judge(samples: readonly BufferedSample[]) {
  const seen = new Map<string, Set<number>>();
  let [count, backfilled, twice, missing] = [0, 0, 0, 0];
  const lastBackfilled = new Map<string, number>();
  for (const { sample, isBackfilled } of samples) {
    if (sample.quality !== "good") continue;
    const number = Number(sample.value);
    const numbers = seen.get(sample.pointId) ?? new Set();
    seen.set(sample.pointId, numbers);
    assert.equal(sample.timestampMs % PERIOD_MS, 0, "the server's own time");
    if (numbers.has(number)) twice++;
    numbers.add(number);
    count++;
    if (!isBackfilled) continue;
    backfilled++;
    const before = lastBackfilled.get(sample.pointId) ?? 0;
    assert.ok(number > before, `${sample.pointId}: ${number} after ${before}`);
    lastBackfilled.set(sample.pointId, number);
  }
  for (const numbers of seen.values()) {
    const [first, last] = [Math.min(...numbers), Math.max(...numbers)];
    missing += last - first + 1 - numbers.size;
  }
  return { count, backfilled, twice, missing };
}
