import {
  type Clock,
  Misconfigured,
  Refused,
  type Session,
  systemClock,
  Unreachable,
} from "@headgate/model";
import { ReadyMadeBuffer } from "@headgate/model/testing";
import { mqttUplink } from "@headgate/sync/uplink";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HurriedClock } from "./peers/hurried-clock.ts";
import { contextOf, madeBlock, pointListOfSize, portOf } from "./peers/made-blocks.ts";
import { connack, puback, type Script, ScriptedBroker } from "./peers/scripted-broker.ts";

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

async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error("not within a minute");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const configOf = (more = {}) =>
  mqttUplink.configSchema.parse({
    url: broker?.url,
    delivery: "broker",
    connectTimeout: "500 ms",
    ackTimeout: "2 s",
    ...more,
  });
const context = () => ({ ...contextOf(stopping.signal), clock });

async function open(script: Script, { config = {}, version = 5 as 4 | 5 } = {}) {
  broker = await ScriptedBroker.start(script, version);
  session = await mqttUplink.open(configOf(config), portOf(buffer), context());
  return session;
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
const answering = (code: number) =>
  onData((packet) => (packet.cmd === "publish" ? [puback(packet, code)] : undefined));
const dataCount = () =>
  broker?.received.filter((packet) => packet.cmd === "publish" && packet.topic.includes("/d/"))
    .length;

describe("a refused connection", () => {
  it.each([
    [4, "3.1.1", Misconfigured],
    [5, "3.1.1", Misconfigured],
    [3, "3.1.1", Unreachable],
    [134, "5", Misconfigured],
    [135, "5", Misconfigured],
    [136, "5", Unreachable],
    [137, "5", Unreachable],
  ])("with code %i of mqtt %s is told by what must be done", async (code, protocol, fault) => {
    const version = protocol === "5" ? 5 : 4;
    const script: Script = (packet) =>
      packet.cmd === "connect" ? [connack(code, version)] : undefined;
    await expect(open(script, { config: { protocol }, version })).rejects.toBeInstanceOf(fault);
  });

  it("without a word is repeated at once with 3.1.1, and remembered the third time", async () => {
    const script: Script = (packet) => {
      if (packet.cmd !== "connect") return undefined;
      return packet.protocolVersion === 5 ? "close" : [connack(0, 4)];
    };
    broker = await ScriptedBroker.start(script, 4);
    const config = configOf();
    for (let round = 0; round < 4; round++) {
      session = await mqttUplink.open(config, portOf(buffer), context());
      await send(1);
      await session.close();
    }
    const versions = broker.received.flatMap((p) => (p.cmd === "connect" ? p.protocolVersion : []));
    expect(versions).toEqual([5, 4, 5, 4, 5, 4, 4]);
  });

  it("while its server is away behind a proxy leaves nobody with 3.1.1", async () => {
    let isAway = true;
    const script: Script = (packet) => (packet.cmd === "connect" && isAway ? "close" : undefined);
    broker = await ScriptedBroker.start(script);
    const config = configOf();
    for (let round = 0; round < 3; round++) {
      await expect(mqttUplink.open(config, portOf(buffer), context())).rejects.toThrow();
    }
    isAway = false;
    for (let round = 0; round < 2; round++) {
      session = await mqttUplink.open(config, portOf(buffer), context());
      await session.close();
    }
    const last = broker.received.filter((packet) => packet.cmd === "connect").at(-1);
    expect(last).toMatchObject({ protocolVersion: 5 });
  });

  it("without an answer is tried with 3.1.1 the next time", async () => {
    const script: Script = (packet) => {
      if (packet.cmd !== "connect") return undefined;
      return packet.protocolVersion === 5 ? [] : [connack(0, 4)];
    };
    broker = await ScriptedBroker.start(script, 4);
    const config = configOf();
    await expect(mqttUplink.open(config, portOf(buffer), context())).rejects.toThrow(/no answer/);
    session = await mqttUplink.open(config, portOf(buffer), context());
    await send(1);
  });
});

describe("a message answered with", () => {
  it.each([
    ["153 (payload format invalid) is Refused", 153, Refused],
    ["135 (not authorised) is Misconfigured", 135, Misconfigured],
    ["144 (topic invalid) is Misconfigured", 144, Misconfigured],
    ["145 (packet id in use) is Unreachable", 145, Unreachable],
    ["146 (not of this place) is Unreachable", 146, Unreachable],
  ])("%s", async (_name, code, fault) => {
    await open(answering(code));
    await expect(send(1)).rejects.toBeInstanceOf(fault);
  });

  it.each([
    ["128 (unspecified)", 128, 2],
    ["131 (implementation specific)", 131, 2],
    ["151 (quota exceeded)", 151, 2],
  ])("%s is sent again, later, until it is taken", async (_name, code, refusals) => {
    let left = refusals;
    await open(
      onData((packet) => {
        if (packet.cmd !== "publish" || left-- <= 0) return undefined;
        return [puback(packet, code)];
      }),
    );
    await send(1);
    expect(dataCount()).toBe(refusals + 1);
  });

  it.each([128, 131])("%i again and again is Refused only while others are taken", async (code) => {
    clock = new HurriedClock();
    let isOnlyFirst = true;
    const script = onData((packet) => {
      if (packet.cmd !== "publish") return undefined;
      const isFirst = packet.properties?.userProperties?.b0 === "1";
      return isFirst || !isOnlyFirst ? [puback(packet, code)] : undefined;
    });
    await open(script, { config: { ackTimeout: "1 h" } });
    const first = expect(send(1)).rejects.toBeInstanceOf(Refused);
    await send(2);
    await first;
    isOnlyFirst = false;
    await expect(send(1)).rejects.toBeInstanceOf(Unreachable);
  });

  it("151 halves the window once a pause, and holds back all but live", async () => {
    let left = 20;
    await open(
      onData((packet) => {
        if (packet.cmd !== "publish" || left-- <= 0) return undefined;
        return [puback(packet, 151)];
      }),
    );
    const sending = Array.from({ length: 20 }, (_, index) => send(index + 1));
    await until(() => session?.limits.batchesMax === 10);
    expect(session?.pace?.waitMs("l")).toBe(0);
    expect(session?.pace?.waitMs("b")).toBeGreaterThan(0);
    await Promise.all(sending);
  });

  it("153 leaves the session up", async () => {
    let isFirst = true;
    await open(
      onData((packet) => {
        if (packet.cmd !== "publish" || !isFirst) return undefined;
        isFirst = false;
        return [puback(packet, 153)];
      }),
    );
    await expect(send(1)).rejects.toBeInstanceOf(Refused);
    await send(2);
  });

  it("16 (no subscriber) is taken, unless a subscriber is required", async () => {
    await open(answering(16));
    await send(1);
    await session?.close();
    await broker?.stop();
    await open(answering(16), { config: { requireSubscriber: true } });
    await expect(send(1)).rejects.toThrow(/nobody subscribes/);
    await session?.close();
    await broker?.stop();
    const unheard: Script = (packet) =>
      packet.cmd === "publish" ? [puback(packet, packet.retain ? 16 : 0)] : undefined;
    await open(unheard, { config: { requireSubscriber: true } });
    await send(1);
  });

  it("16 is taken where the message is retained: who subscribes later gets it", async () => {
    const script: Script = (packet) =>
      packet.cmd === "publish" && packet.retain ? [puback(packet, 16)] : undefined;
    await open(script, { config: { requireSubscriber: true } });
    await send(1);
  });

  it("153 for a mark keeps nothing held for ever", async () => {
    clock = new HurriedClock();
    const script: Script = (packet) =>
      packet.cmd === "publish" && packet.topic.includes("/hold/")
        ? [puback(packet, 153)]
        : undefined;
    const config = { delivery: "broker+hold", hold: "20 s", ackTimeout: "1 h" };
    await open(script, { config });
    await send(1);
    for await (const notice of session?.notices(stopping.signal) ?? []) {
      expect(notice).toMatchObject({ kind: "acknowledged", ranges: [{ first: 1, last: 1 }] });
      return;
    }
  });

  it("153 for a point list is for a person: no block is to blame", async () => {
    const script: Script = (packet) =>
      packet.cmd === "publish" && packet.topic.includes("/m/") ? [puback(packet, 153)] : undefined;
    await open(script);
    await expect(send(1)).rejects.toBeInstanceOf(Misconfigured);
  });

  it("nothing for a point list keeps back every block that refers to it", async () => {
    const script: Script = (packet) =>
      packet.cmd === "publish" && packet.topic.includes("/m/") ? [] : undefined;
    await open(script, { config: { ackTimeout: "300 ms" } });
    const sending = [send(1), send(2)].map((one) => one.catch((error: unknown) => error));
    for (const error of await Promise.all(sending)) expect(error).toBeInstanceOf(Unreachable);
    expect(dataCount()).toBe(0);
  });

  it("nothing for too long ends the session", async () => {
    await open(
      onData(() => []),
      { config: { ackTimeout: "300 ms" } },
    );
    await expect(send(1)).rejects.toThrow(/no acknowledgement from the server/);
  });

  it("a foreign, late or doubled PUBACK is settled once and harms nothing", async () => {
    await open(
      onData((packet) => {
        if (packet.cmd !== "publish") return undefined;
        const foreign = { ...packet, messageId: 40_000 };
        return [puback(foreign, 0), puback(packet, 0), puback(packet, 0)];
      }),
    );
    await send(1);
    await send(2);
    expect(dataCount()).toBe(2);
  });
});

describe("the window", () => {
  it("never exceeds the server's receive maximum", async () => {
    const script: Script = (packet) =>
      packet.cmd === "connect" ? [connack(0, 5, { receiveMaximum: 3 })] : undefined;
    await open(script);
    expect(session?.limits.batchesMax).toBe(3);
    await Promise.all(Array.from({ length: 60 }, (_, index) => send(index + 1)));
    expect(broker?.unansweredMax).toBeLessThanOrEqual(3);
    expect(dataCount()).toBe(60);
  });

  it("is smaller after the server complained with a DISCONNECT", async () => {
    let isFirst = true;
    const script = onData(() => {
      if (!isFirst) return undefined;
      isFirst = false;
      return [{ cmd: "disconnect", reasonCode: 147 }];
    });
    broker = await ScriptedBroker.start(script);
    const config = configOf();
    session = await mqttUplink.open(config, portOf(buffer), context());
    await expect(send(1)).rejects.toThrow(/receive maximum/);
    session = await mqttUplink.open(config, portOf(buffer), context());
    expect(session.limits.batchesMax).toBe(10);
    await send(1);
  });
});

describe("a server that takes no large packets", () => {
  it("gets none: what is larger is Refused before it leaves", async () => {
    const script: Script = (packet) =>
      packet.cmd === "connect" ? [connack(0, 5, { maximumPacketSize: 200 })] : undefined;
    broker = await ScriptedBroker.start(script);
    const config = configOf({ format: "blocks" });
    const opening = mqttUplink.open(config, portOf(buffer), context());
    await expect(opening).rejects.toBeInstanceOf(Refused);
    expect(dataCount()).toBe(0);
  });

  it("is believed when it says so with a DISCONNECT", async () => {
    const script = onData(() => [{ cmd: "disconnect", reasonCode: 149 }]);
    broker = await ScriptedBroker.start(script);
    const config = configOf();
    session = await mqttUplink.open(config, portOf(buffer), context());
    await expect(send(1)).rejects.toBeInstanceOf(Unreachable);
    session = await mqttUplink.open(config, portOf(buffer), context());
    await expect(send(1)).rejects.toBeInstanceOf(Refused);
  });
});
