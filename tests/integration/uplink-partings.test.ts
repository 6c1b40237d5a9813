import { type Clock, Misconfigured, type Session, systemClock, Unreachable } from "@headgate/model";
import { ReadyMadeBuffer } from "@headgate/model/testing";
import { mqttUplink } from "@headgate/sync/uplink";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contextOf, madeBlock, pointListOfSize, portOf } from "./peers/made-blocks.ts";
import { type Script, ScriptedBroker } from "./peers/scripted-broker.ts";

const list = pointListOfSize(4);
let broker: ScriptedBroker | undefined;
let session: Session | undefined;
let stopping: AbortController;
let buffer: ReadyMadeBuffer;
let clock: Clock;

beforeEach(() => {
  stopping = new AbortController();
  clock = systemClock;
  buffer = new ReadyMadeBuffer();
  buffer.lists.set(list.hash, list);
  for (let seq = 1; seq <= 60; seq++) buffer.keep("main", madeBlock(list, seq));
});
afterEach(async () => {
  await session?.close();
  stopping.abort();
  await broker?.stop();
  session = undefined;
});

const configOf = (more = {}) =>
  mqttUplink.configSchema.parse({
    url: broker?.url,
    delivery: "broker",
    ackTimeout: "2 s",
    ...more,
  });
const context = () => ({ ...contextOf(stopping.signal), clock });

async function open(script: Script) {
  broker = await ScriptedBroker.start(script);
  session = await mqttUplink.open(configOf(), portOf(buffer), context());
}

async function send(seq: number) {
  const range = { stream: "main", epoch: "main-epoch-1", first: seq, last: seq } as const;
  const entries = await buffer.read(range, { blocksMax: 1, bytesMax: 1e6 });
  await session?.send({ lane: "l", entries }, stopping.signal);
}

const onData =
  (answer: Script): Script =>
  (packet, self) =>
    packet.cmd === "publish" && packet.topic.includes("/d/") ? answer(packet, self) : undefined;

describe("a session that the server ends with", () => {
  it.each([
    [0, Unreachable, /closed the session/],
    [128, Unreachable, /unspecified/],
    [129, Unreachable, /malformed/],
    [130, Unreachable, /protocol error/],
    [131, Unreachable, /implementation specific/],
    [135, Misconfigured, /access list/],
    [137, Unreachable, /busy/],
    [139, Unreachable, /shutting down/],
    [141, Unreachable, /keepalive/],
    [142, Unreachable, /taken over/],
    [144, Misconfigured, /check root/],
    [147, Unreachable, /receive maximum/],
    [149, Unreachable, /too large/],
    [150, Unreachable, /message rate/],
    [151, Unreachable, /quota/],
    [152, Unreachable, /administrative/],
    [153, Unreachable, /invalid format/],
    [154, Misconfigured, /retained/],
    [155, Misconfigured, /QoS 1/],
    [156, Unreachable, /another server/],
    [157, Misconfigured, /moved/],
    [159, Unreachable, /too many connections/],
    [160, Unreachable, /longest time/],
    [162, Unreachable, /reason code 162/],
  ])("%i is told by what must be done", async (reasonCode, fault, text) => {
    await open(onData(() => [{ cmd: "disconnect", reasonCode }]));
    const error = await send(1).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(fault);
    expect(String(error)).toMatch(text);
  });

  it("157 names the server to go to", async () => {
    const properties = { serverReference: "other.example:1883" };
    await open(onData(() => [{ cmd: "disconnect", reasonCode: 157, properties }]));
    await expect(send(1)).rejects.toThrow(/other\.example:1883/);
  });

  it("142 (taken over) keeps away longer and longer, and never the same time", async () => {
    broker = await ScriptedBroker.start(onData(() => [{ cmd: "disconnect", reasonCode: 142 }]));
    let aheadMs = 0;
    clock = {
      nowMs: () => systemClock.nowMs() + aheadMs,
      monotonicMs: () => systemClock.monotonicMs() + aheadMs,
      sleep: (durationMs, signal) => systemClock.sleep(durationMs, signal),
    };
    const config = configOf();
    const pauses: number[] = [];
    for (let round = 0; round < 8; round++) {
      session = await mqttUplink.open(config, portOf(buffer), context());
      const error = await send(1).catch((thrown: unknown) => thrown as Unreachable);
      pauses.push(error?.retryAfterMs ?? 0);
      // The next attempt comes after the pause, as the supervisor sees to it.
      aheadMs += error?.retryAfterMs ?? 0;
    }
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(2500);
    expect(pauses.at(-1)).toBeGreaterThanOrEqual(150_000);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(450_001);
  });

  it("150 (message rate) is sent fewer messages, backlog and live alike", async () => {
    let isTooHigh = true;
    const complaint = { cmd: "disconnect", reasonCode: 150 } as const;
    broker = await ScriptedBroker.start(onData(() => (isTooHigh ? [complaint] : undefined)));
    const config = configOf();
    for (let round = 0; round < 3; round++) {
      session = await mqttUplink.open(config, portOf(buffer), context());
      await expect(send(1)).rejects.toThrow(/message rate/);
    }
    isTooHigh = false;
    session = await mqttUplink.open(config, portOf(buffer), context());
    await Promise.all(Array.from({ length: 30 }, (_, index) => send(index + 1)));
    expect(session.pace?.waitMs("l")).toBeGreaterThan(0);
  });

  it("150 (message rate) does not meet a block of many json messages for ever", async () => {
    const atMs: number[] = [];
    const complaint = { cmd: "disconnect", reasonCode: 150 } as const;
    let isFirst = true;
    broker = await ScriptedBroker.start((packet) => {
      if (packet.cmd !== "publish") return undefined;
      const nowMs = clock.monotonicMs();
      atMs.push(nowMs);
      const recent = isFirst ? atMs : atMs.filter((at) => at > nowMs - 1000);
      return recent.length > 45 ? [complaint] : undefined;
    });
    const block = buffer.keep("main", madeBlock(list, 61, 15));
    const config = configOf({ format: "json", ackTimeout: "30 s" });
    const sendAll = async () => {
      session = await mqttUplink.open(config, portOf(buffer), context());
      await session.send({ lane: "l", entries: [block] }, stopping.signal);
    };
    await expect(sendAll()).rejects.toThrow(/message rate/);
    isFirst = false;
    atMs.length = 0;
    await sendAll();
    expect(atMs.length).toBe(60);
  });

  it("149 (too large) gets batches of half the size", async () => {
    broker = await ScriptedBroker.start(onData(() => [{ cmd: "disconnect", reasonCode: 149 }]));
    const config = configOf();
    session = await mqttUplink.open(config, portOf(buffer), context());
    const before = session.limits.batchBytesMax;
    const range = { stream: "main", epoch: "main-epoch-1", first: 1, last: 60 } as const;
    const entries = await buffer.read(range, { blocksMax: 60, bytesMax: 1e6 });
    await expect(session.send({ lane: "b", entries }, stopping.signal)).rejects.toThrow();
    session = await mqttUplink.open(config, portOf(buffer), context());
    expect(session.limits.batchBytesMax).toBeLessThan(before / 2);
  });
});
