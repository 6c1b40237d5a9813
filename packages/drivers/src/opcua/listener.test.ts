import { EventEmitter } from "node:events";
import { type Log, type Sample, silentLog, systemClock, type Value } from "@headgate/model";
import {
  DataChangeNotification,
  DataType,
  DataValue,
  NotificationMessage,
  type RepublishRequest,
  type RepublishResponse,
  StatusChangeNotification,
  StatusCodes,
  Variant,
} from "node-opcua-client";
import { beforeEach, describe, expect, it } from "vitest";
import type { HeldSubscription } from "./held-subscription.ts";
import { Link } from "./link.ts";
import { Listener } from "./listener.ts";
import { Outbox } from "./outbox.ts";
import { Publisher } from "./publisher.ts";
import { addressSchema, configSchema } from "./settings.ts";

type Answer = (error: Error | null, response?: RepublishResponse) => void;

describe("messages of a subscription", () => {
  let told: [id: string, value: Value | null][];
  let warned: string[];
  let acknowledged: number[];
  let asked: [number: number, answer: Answer][];
  let link: Link;
  let listener: Listener;
  let held: HeldSubscription;

  beforeEach(() => listen(0));

  it("are told at once, in order, and acknowledged", async () => {
    for (const number of [1, 2, 3]) listener.heard(message(number, { 1: number }));
    listener.heard(keepAlive(4));
    await tells([
      ["a", 1],
      ["a", 2],
      ["a", 3],
    ]);
    expect(acknowledged).toEqual([1, 2, 3]);
    expect(held.lastNumber).toBe(3);
    expect(asked).toEqual([]);
  });

  it("that did not come are fetched before those behind them", async () => {
    listener.heard(message(1, { 1: 1 }));
    listener.heard(message(4, { 1: 4 }));
    listener.heard(message(5, { 2: 5 }));
    await answer(2, message(2, { 1: 2 }));
    await answer(3, message(3, { 2: 3 }));
    await tells([
      ["a", 1],
      ["a", 2],
      ["b", 3],
      ["a", 4],
      ["b", 5],
    ]);
    expect(acknowledged).toEqual([1, 2, 3, 4, 5]);
  });

  it("that the server no longer has are given up once, and said", async () => {
    listener.heard(message(1, { 1: 1 }));
    listener.heard(keepAlive(3));
    await answer(2, null);
    await expect.poll(() => warned).toEqual(["the server no longer has some messages"]);
    listener.heard(keepAlive(3));
    listener.heard(message(3, { 1: 3 }));
    await tells([
      ["a", 1],
      ["a", 3],
    ]);
    expect(asked).toEqual([]);
  });

  it("that a server never has are asked for no more", async () => {
    listener.heard(message(1, { 1: 0 }));
    for (let gap = 1; gap <= 3; gap++) {
      listener.heard(message(2 * gap + 1, { 1: gap }));
      await answer(2 * gap, null);
      await expect.poll(() => told).toHaveLength(gap + 1);
    }
    listener.heard(message(9, { 1: 4 }));
    await expect.poll(() => told).toHaveLength(5);
    expect(asked).toEqual([]);
  });

  it("that wait for one in front are so many and no more", async () => {
    listener.heard(message(1, { 1: 1 }));
    for (let number = 3; number < 10_003; number++) listener.heard(message(number, { 1: 1 }));
    expect(listener.ending.signal.aborted).toBe(false);
    listener.heard(message(10_003, { 1: 1 }));
    listener.heard(message(10_004, { 1: 1 }));
    expect(listener.ending.signal.reason).toContain("more than 10000 messages wait");
    await tells([["a", 1]]);
  });

  it("of a lost session are fetched, and what is repeated is not told twice", async () => {
    listen(4);
    listener.takeOver(Promise.resolve([3, 4, 5, 6]));
    listener.heard(message(7, { 1: 5, 2: 7 }));
    await answer(5, message(5, { 1: 5 }));
    // Two values of one time are two values.
    await answer(6, message(6, { 1: 5 }));
    const expected: [string, Value][] = [
      ["a", 5],
      ["a", 5],
      ["b", 7],
    ];
    await tells(expected);
    expect(acknowledged).toEqual([3, 4, 5, 6, 7]);
    expect(listener.takeUntold()).toEqual([2]);
    listener.heard(message(8, { 1: 5 }));
    await tells([...expected, ["a", 5]]);
  });

  it("may say that there will be no more", () => {
    const status = StatusCodes.BadTimeout;
    const notificationData = [new StatusChangeNotification({ status })];
    listener.heard(new NotificationMessage({ sequenceNumber: 1, notificationData }));
    expect(listener.ending.signal.reason).toBe("subscription ended: BadTimeout");
  });

  it("may bring what was for the session before: that its subscription is ours now", async () => {
    const notificationData = [
      new StatusChangeNotification({ status: StatusCodes.GoodSubscriptionTransferred }),
    ];
    const transferred = (sequenceNumber: number) =>
      new NotificationMessage({ sequenceNumber, notificationData });
    listen(4);
    listener.takeOver(Promise.resolve([]));
    listener.heard(transferred(5));
    listener.heard(message(6, { 1: 6 }));
    await tells([["a", 6]]);
    expect(listener.ending.signal.aborted).toBe(false);
    listener.heard(transferred(7));
    expect(listener.ending.signal.reason).toContain("GoodSubscriptionTransferred");
  });

  it("of a strange server spoil one point only", async () => {
    const strange = message(1, { 1: 1, 2: 2 });
    const [data] = strange.notificationData as DataChangeNotification[];
    const value = data?.monitoredItems?.[0]?.value.value as { dataType: number; value: unknown };
    Object.assign(value, { dataType: DataType.Int64, value: 7 });
    listener.heard(strange);
    await expect.poll(() => told).toHaveLength(2);
    expect(told[0]).toEqual(["a", null]);
    expect(told[1]).toEqual(["b", 2]);
    expect(link.lost.aborted).toBe(false);
  });

  function listen(lastNumber: number): void {
    [told, warned, acknowledged, asked] = [[], [], [], []];
    const session = Object.assign(new EventEmitter(), {
      republish: ({ retransmitSequenceNumber }: RepublishRequest, done: Answer) =>
        void asked.push([retransmitSequenceNumber, done]),
    });
    const log: Log = { ...silentLog, warn: (text) => void warned.push(text) };
    link = new Link({
      client: new EventEmitter() as never,
      session: session as never,
      config: configSchema.parse({ endpoint: "opc.tcp://localhost:4840", timeout: "60 s" }),
      context: { clock: systemClock, log, signal: new AbortController().signal, directory: "" },
    });
    const publisher = new Publisher(link);
    publisher.acknowledge = (_id, number) => void acknowledged.push(number);
    held = {
      id: 7,
      publishingMs: 100,
      keepAliveCount: 10,
      lifetimeMs: 1000,
      items: [0, 1, 2],
      absent: [],
      polled: [],
      lastNumber,
    };
    const emit = (samples: Sample[]) => {
      told.push(...samples.map(({ pointId, value }): [string, Value | null] => [pointId, value]));
    };
    const points = ["a", "b", "c"].map((id) => {
      return { id, address: addressSchema.parse({ address: "i=1" }), device: { history: false } };
    });
    listener = new Listener({ link, publisher, points, outbox: new Outbox(emit), held });
  }

  /** What the listener asked for again, as the server gives it; null: it has it no more. */
  async function answer(number: number, given: NotificationMessage | null): Promise<void> {
    await expect.poll(() => asked.map(([first]) => first)).toEqual([number]);
    const [, done] = asked.shift() as [number, Answer];
    if (given) done(null, { notificationMessage: given } as RepublishResponse);
    else {
      const responseHeader = { serviceResult: StatusCodes.BadMessageNotAvailable };
      done(Object.assign(new Error("refused"), { response: { responseHeader } }));
    }
  }

  async function tells(expected: readonly (readonly [string, Value])[]): Promise<void> {
    await expect.poll(() => told).toEqual(expected);
  }
});

/** A message with the values of items by their handles; its time is the value. */
function message(sequenceNumber: number, values: Readonly<Record<number, number>>) {
  const monitoredItems = Object.entries(values).map(([handle, value]) => ({
    clientHandle: Number(handle),
    value: new DataValue({
      value: new Variant({ dataType: DataType.Double, value }),
      statusCode: StatusCodes.Good,
      sourceTimestamp: new Date(1_767_225_600_000 + value),
    }),
  }));
  const notificationData = [new DataChangeNotification({ monitoredItems })];
  return new NotificationMessage({ sequenceNumber, notificationData });
}

const keepAlive = (sequenceNumber: number) => new NotificationMessage({ sequenceNumber });
