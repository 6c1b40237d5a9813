import { EventEmitter } from "node:events";
import { silentLog, Unreachable } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import type { MqttClient } from "mqtt";
import { beforeEach, expect, test } from "vitest";
import { Budget } from "./budget.ts";
import { type MqttConfig, mqttConfigSchema } from "./config.ts";
import { Publisher } from "./publisher.ts";

/** A connection whose server answers when told. */
class SlowClient extends EventEmitter {
  readonly unanswered: (() => void)[] = [];
  isEnded = false;
  #messageId = 0;

  publish(_topic: string, _body: Uint8Array, _options: object, done: () => void): void {
    this.#messageId++;
    this.unanswered.push(done);
  }

  getLastMessageId(): number {
    return this.#messageId;
  }

  end(): void {
    this.isEnded = true;
  }
}

let clock: SimClock;
let client: SlowClient;
let publisher: Publisher;
let sent: Promise<void>[];
let config: MqttConfig;

beforeEach(async () => {
  clock = new SimClock();
  config = mqttConfigSchema.parse({ url: "mqtt://nowhere", ackTimeout: "15 s" });
  open();
  sent = Array.from({ length: 20 }, () =>
    publisher.publish({ topic: "t", payload: new Uint8Array(9) }),
  );
  // Those that are to fail are looked at later.
  for (const one of sent) one.catch(() => {});
  await clock.advance(0);
});

/** A new session. */
function open(): void {
  client = new SlowClient();
  const { signal } = new AbortController();
  const context = { clock, log: silentLog, signal, directory: "" };
  const limits = { receiveMaximum: 100, packetBytesMax: 1e6, isSessionPresent: false };
  const connected = { client: client as unknown as MqttClient, version: 5, ...limits } as const;
  const counting = { config: undefined, month: null, onCounted: () => {} };
  const budget = new Budget({ ...counting, timezone: "UTC", clock });
  publisher = new Publisher(connected, config, { context, budget, onLost: () => {} });
  void publisher.watch(signal);
}

test("a slow line on which answers keep coming is not cut", async () => {
  expect(client.unanswered).toHaveLength(20);
  for (let message = 0; message < 20; message++) {
    await clock.advance(10_000);
    client.unanswered.shift()?.();
  }
  await Promise.all(sent);
  expect(publisher.fault).toBeNull();
});

test("a line on which answers stop is cut, and every message is settled", async () => {
  await clock.advance(10_000);
  client.unanswered.shift()?.();
  await clock.advance(14_000);
  expect(publisher.fault).toBeNull();
  await clock.advance(2000);
  expect(publisher.fault).toBeInstanceOf(Unreachable);
  expect(client.isEnded).toBe(true);
  const outcomes = await Promise.allSettled(sent);
  expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(19);
});

test("a message that alone is never answered ends the session too", async () => {
  const [, ...others] = client.unanswered.splice(0);
  for (const answer of others) answer();
  for (let round = 0; round < 60 && !publisher.fault; round++) {
    const more = publisher.publish({ topic: "t", payload: new Uint8Array(9) });
    // The last of them ends with the session.
    more.catch(() => {});
    await clock.advance(6000);
    client.unanswered.shift()?.();
  }
  expect(publisher.fault).toBeInstanceOf(Unreachable);
  await expect(sent[0]).rejects.toThrow(/no acknowledgement from the server/);
});

test("a session that is cut soon, again and again, may be another client's of our id", async () => {
  const cutAfter = async (livedMs: number) => {
    open();
    await clock.advance(livedMs);
    client.emit("close");
    return publisher.fault?.message;
  };
  const cut = "connection lost: closed by the server or the network";
  expect([await cutAfter(5000), await cutAfter(9000)]).toEqual([cut, cut]);
  expect(await cutAfter(15_000)).toMatch(/again and again: another client may have our id/);
  expect(await cutAfter(61_000)).toBe(cut);
  expect(await cutAfter(1000)).toBe(cut);
});
