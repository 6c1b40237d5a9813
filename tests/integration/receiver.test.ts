import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Gap, Unreachable } from "@headgate/model";
import {
  exportRecord,
  openSqliteStore,
  ReceiveMeter,
  type ReceiveOptions,
  receive,
  receiveStatus,
  type Store,
} from "@headgate/sync/receiver";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AT, contextOf, madeBlock, pointListOfSize } from "./peers/made-blocks.ts";
import { MadeGateway } from "./peers/made-gateway.ts";
import { Mosquitto } from "./peers/mosquitto.ts";

const EPOCH = "main-epoch-1";
const MAIN = join(import.meta.dirname, "../../packages/gateway/src/main.ts");
const list = pointListOfSize(20);
const blocks = Array.from({ length: 400 }, (_, at) => madeBlock(list, at + 1));
const some = (first: number, last: number) => blocks.slice(first - 1, last);

let folder = "";
let path = "";
let broker: Mosquitto;
let gateway: MadeGateway;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "headgate-receiver-"));
  path = join(folder, "upstream.db");
  broker = await Mosquitto.start();
  gateway = await MadeGateway.connect(broker.url, "g-1", list);
});
afterEach(async () => {
  gateway.close();
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A receiver that runs until `stop`; `ended` settles with it. */
async function started(given: Partial<ReceiveOptions> = {}) {
  const stopping = new AbortController();
  const store = given.store ?? openSqliteStore(path);
  let onHealthy = () => {};
  const healthy = new Promise<void>((resolve) => {
    onHealthy = resolve;
  });
  const options = { url: broker.url, gapTimeoutMs: 300, ...given, store };
  const ended = receive(options, contextOf(stopping.signal), onHealthy).finally(() =>
    store.close(),
  );
  // The test that expects it to fail awaits it; the others hear of it in `stop`.
  ended.catch(() => undefined);
  await Promise.race([healthy, ended]);
  const stop = async () => {
    stopping.abort();
    await ended;
  };
  return { ended, stop };
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 60_000;
  while (!isSo()) {
    if (Date.now() > deadlineMs) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const ackedTo = () => gateway.ack?.streams.find(({ ep }) => ep === EPOCH)?.w ?? 0;
const epochIn = () => receiveStatus(path).epochs.find(({ epoch }) => epoch === EPOCH);

function expectEachOnce(last: number): void {
  const counts = new Map<string, number>();
  for (const { block, index } of exportRecord(path, {})) {
    const key = `${block}/${index}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect(counts.size).toBe(last * list.pointIds.length);
  expect([...counts.values()].every((count) => count === 1)).toBe(true);
}

test("blocks and blocks-json are kept once, acknowledged, exported with their values", async () => {
  const receiver = await started();
  await gateway.sendList();
  await gateway.send(some(1, 10));
  await gateway.send(some(5, 20), "blocks-json");
  await until("an ack to 20", () => ackedTo() === 20);
  await receiver.stop();
  expectEachOnce(20);
  expect(epochIn()).toMatchObject({ sampleCount: 400, duplicateCount: 6, conflictCount: 0 });
  const [first] = exportRecord(path, { point: list.pointIds[3] ?? "" });
  const value = Math.round(1000 * Math.sin(1 + 3)) / 10;
  expect(first).toMatchObject({ gateway: "g-1", t: AT + 1000, value, quality: "good" });
});

test("a receiver that is put out by another one of its id asks for that one", async () => {
  const first = await started();
  const second = await started({ store: openSqliteStore(join(folder, "other.db")) });
  await expect(first.ended).rejects.toThrow('does another receiver use id "main"?');
  await second.stop();
});

test("a receiver that comes late gets what the broker kept for its session", async () => {
  await (await started()).stop();
  await gateway.sendList();
  await gateway.send(some(1, 30));
  expect(ackedTo()).toBe(0);
  const receiver = await started();
  await until("an ack to 30", () => ackedTo() === 30);
  await receiver.stop();
});

test("a receiver that was lost between commit and ack stores nothing twice", async () => {
  const inner = openSqliteStore(path);
  let commitCount = 0;
  const store: Store = {
    incarnation: inner.incarnation,
    gatewayIds: () => inner.gatewayIds(),
    standing: (...of) => inner.standing(...of),
    addPointList: (record) => inner.addPointList(record),
    close: () => inner.close(),
    commit: async (...what) => {
      await inner.commit(...what);
      commitCount++;
      throw new Unreachable("lost right after the commit");
    },
  };
  const first = await started({ store });
  await gateway.sendList();
  await gateway.send(some(1, 10));
  await expect(first.ended).rejects.toThrow("lost right after");
  expect(commitCount).toBe(1);
  expect(gateway.ackCount).toBe(0);
  const second = await started();
  await until("the ack that was owed", () => ackedTo() === 10);
  await gateway.send(some(1, 12));
  await until("an ack to 12", () => ackedTo() === 12);
  await second.stop();
  expectEachOnce(12);
  expect(epochIn()?.duplicateCount).toBe(10);
});

describe("what is missing is asked for", () => {
  test("a hole, and what the hello tells of beyond the end", async () => {
    const receiver = await started();
    await gateway.sendList();
    await gateway.sayHello(EPOCH, 12);
    await gateway.send([...some(1, 3), ...some(6, 10)]);
    const asked = () => gateway.requests.map((one) => (one.op === "resend" ? one.lo : 0));
    await until("requests", () => asked().includes(4) && asked().includes(11));
    expect(gateway.requests).toContainEqual(
      expect.objectContaining({ op: "resend", st: "main", ep: EPOCH, lo: 4, hi: 5 }),
    );
    expect(gateway.requests).toContainEqual(expect.objectContaining({ lo: 11, hi: 12 }));
    expect(receiveStatus(path).isComplete).toBe(false);
    const span = { sampleCount: 20, fromMs: AT, toMs: AT };
    const head = { kind: "gap", stream: "main", epoch: EPOCH, first: 5, last: 5 } as const;
    const gap: Gap = { ...head, ...span, reason: "expired" };
    await gateway.send([...some(4, 4), gap, ...some(11, 12)]);
    await until("an ack to 12", () => ackedTo() === 12);
    await receiver.stop();
    expect(epochIn()).toMatchObject({ holes: [], gaps: [{ first: 5, sampleCount: 20 }] });
    expect(receiveStatus(path).isComplete).toBe(true);
  });

  test("an unknown point list; the blocks are kept once it came", async () => {
    const receiver = await started();
    await gateway.send(some(1, 5));
    await until("a request", () => gateway.requests.length > 0);
    expect(gateway.requests[0]).toMatchObject({ op: "points", hash: list.hash });
    expect(ackedTo()).toBe(0);
    await gateway.sendList();
    await until("an ack to 5", () => ackedTo() === 5);
    await receiver.stop();
    expectEachOnce(5);
  });
});

test("nonsense and another's blocks do no harm", async () => {
  const receiver = await started();
  await gateway.babble("hello?");
  await gateway.babble('{"v":1,"gw":"g-2","st":"main","ep":"e","lane":"l","entries":[]}');
  await gateway.sendList();
  await gateway.send(some(1, 2));
  await until("an ack to 2", () => ackedTo() === 2);
  await receiver.stop();
  expect(receiveStatus(path).epochs).toHaveLength(1);
});

test("a lost broker ends the session, what came before is kept, and stays counted", async () => {
  const meter = new ReceiveMeter();
  const receiver = await started({ meter });
  await gateway.sendList();
  await gateway.send(some(1, 3));
  await until("an ack to 3", () => ackedTo() === 3);
  await broker.kill();
  await expect(receiver.ended).rejects.toThrow(Unreachable);
  expectEachOnce(3);
  expect(meter.text(0)).toContain('headgate_receiver_blocks_total{gateway="g-1"} 3');
});

test("an absent broker is unreachable, a wrong receiver id is a person's matter", async () => {
  const store = openSqliteStore(path);
  const context = contextOf(new AbortController().signal);
  const absent = { url: "mqtt://127.0.0.1:1", store };
  await expect(receive(absent, context, () => {})).rejects.toThrow(/127\.0\.0\.1:1.*ECONNREFUSED/);
  const wrong = { url: broker.url, receiverId: "a/b", store };
  await expect(receive(wrong, context, () => {})).rejects.toThrow(/one topic level/);
  await store.close();
});

test("one that is told to stop does not wait for a silent broker", async () => {
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const address = silent.address();
  const port = typeof address === "object" ? address?.port : 0;
  const store = openSqliteStore(path);
  const stopping = new AbortController();
  const url = `mqtt://127.0.0.1:${port}`;
  const ended = receive({ url, store }, contextOf(stopping.signal), () => {});
  const startMs = Date.now();
  setTimeout(() => stopping.abort(), 100);
  await expect(ended).rejects.toThrow(Unreachable);
  expect(Date.now() - startMs).toBeLessThan(8000);
  await store.close();
  silent.close();
});

/** More often than a busy receiver takes it would only be in its way. */
const AGAIN_TURNS = 20;

test("killed again and again, the command keeps each sample once", async () => {
  let sentTo = 0;
  let isOver = false;
  let killCount = 0;
  let broken: unknown = null;
  const sending = (async () => {
    for (let turn = 0; !isOver; turn++) {
      const requests = gateway.requests.splice(0);
      if (requests.some(({ op }) => op === "points")) await gateway.sendList();
      // A gateway sends again, after a while, what no ack covers, and no more than its window.
      const from = ackedTo() + 1;
      if (from > blocks.length) break;
      const first = turn % AGAIN_TURNS === 0 ? from : Math.max(from, sentTo + 1);
      sentTo = Math.min(blocks.length, from + 40, Math.max(sentTo, from) + 2);
      if (first <= sentTo) await gateway.send(some(first, sentTo));
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  })();
  sending.catch((error) => {
    broken = error;
  });
  while (ackedTo() < blocks.length) {
    const child = spawn(
      process.execPath,
      ["--conditions=headgate-source", MAIN, "receive", "--url", broker.url, "--store", path],
      { stdio: "ignore" },
    );
    const exited = once(child, "exit");
    const ackedBefore = ackedTo();
    try {
      const isFurther = () => ackedTo() > ackedBefore + 20 || ackedTo() === blocks.length;
      await until("progress", () => broken !== null || isFurther());
      expect(broken).toBeNull();
      await new Promise((resolve) => setTimeout(resolve, (killCount * 37) % 150));
    } finally {
      // Also where it made no progress: a failed test leaves nothing running.
      child.kill("SIGKILL");
      await exited;
    }
    killCount++;
    const epoch = epochIn();
    expect(epoch?.contiguousEnd).toBeGreaterThanOrEqual(ackedTo());
  }
  isOver = true;
  await sending;
  expect(killCount).toBeGreaterThan(2);
  expectEachOnce(blocks.length);
  expect(receiveStatus(path).isComplete).toBe(true);
}, 240_000);
