import { EventEmitter } from "node:events";
import { silentLog, systemClock } from "@headgate/model";
import { NotificationMessage, type PublishRequest, PublishResponse } from "node-opcua-client";
import { beforeEach, describe, expect, it } from "vitest";
import { Link } from "./link.ts";
import { Publisher, type Subscriber } from "./publisher.ts";
import { configSchema } from "./settings.ts";

type Answer = (error: Error | null, response?: PublishResponse) => void;

describe("requests that wait at the server", () => {
  let waiting: [PublishRequest, Answer][];
  let heard: [id: number, number: number][];
  let ended: [id: number, why: string][];
  let missed: number[];
  let link: Link;
  let publisher: Publisher;

  beforeEach(() => {
    [waiting, heard, ended, missed] = [[], [], [], []];
    const session = Object.assign(new EventEmitter(), {
      publish: (request: PublishRequest, answer: Answer) => void waiting.push([request, answer]),
    });
    link = new Link({
      client: new EventEmitter() as never,
      session: session as never,
      config: configSchema.parse({ endpoint: "opc.tcp://localhost:4840" }),
      context: {
        clock: systemClock,
        log: silentLog,
        signal: new AbortController().signal,
        directory: "",
      },
    });
    publisher = new Publisher(link);
  });

  it("are none before somebody listens, and one more than four for each who does", () => {
    publisher.begin();
    expect(waiting).toHaveLength(0);
    listen(1);
    expect(waiting).toHaveLength(5);
    listen(2);
    expect(waiting).toHaveLength(6);
  });

  it("are sent anew as they are answered, with what was heard", () => {
    listen(1);
    answer(1, 10);
    expect(heard).toEqual([[1, 10]]);
    expect(waiting).toHaveLength(5);
    expect(acknowledgedIn(waiting.at(-1)?.[0])).toEqual([[1, 10]]);
    answer(1, 11);
    expect(acknowledgedIn(waiting.at(-1)?.[0])).toEqual([[1, 11]]);
    answer(9, 1);
    expect(heard).toHaveLength(2);
  });

  it("are fewer where the server says that they are too many", () => {
    listen(1);
    answer(1, 10);
    const last = waiting.pop() as [PublishRequest, Answer];
    last[1](new Error("serviceResult = BadTooManyPublishRequests (0x80780000)"));
    expect(waiting).toHaveLength(4);
    answer(1, 11);
    expect(waiting).toHaveLength(4);
    // What was not taken is acknowledged with the next.
    expect(acknowledgedIn(waiting.at(-1)?.[0])).toEqual([
      [1, 10],
      [1, 11],
    ]);
  });

  it("that waited for too long are sent anew", () => {
    listen(1);
    waiting.shift()?.[1](new Error("serviceResult = BadTimeout (0x800a0000)"));
    expect(waiting).toHaveLength(5);
    expect(link.lost.aborted).toBe(false);
  });

  it("end with the subscriptions", () => {
    listen(1);
    listen(2);
    waiting.shift()?.[1](new Error("serviceResult = BadNoSubscription (0x80790000)"));
    expect(ended).toEqual([
      [1, "subscription ended by the server"],
      [2, "subscription ended by the server"],
    ]);
    expect(waiting).toHaveLength(5);
    publisher.remove(1);
    expect(link.lost.aborted).toBe(false);
  });

  it("that are refused again and again are the session's end", () => {
    listen(1);
    const refuse = () => waiting.shift()?.[1](new Error("BadTooManyPublishRequests"));
    for (let count = 0; count < 20; count++) refuse();
    answer(1, 10);
    for (let count = 0; count < 20; count++) refuse();
    expect(link.lost.aborted).toBe(false);
    refuse();
    expect(String(link.lost.reason)).toContain("refused 21 times in a row");
    expect(waiting).toHaveLength(0);
  });

  it("whose message cannot be taken are the session's end, said as it is", () => {
    const heard = () => {
      throw new TypeError("no such thing");
    };
    publisher.add({ id: 3, silenceMs: 1000, heard, missed: () => {}, ended: () => {} });
    publisher.begin();
    answer(3, 1);
    expect(String(link.lost.reason)).toContain("read a message: no such thing");
  });

  it("whose answer cannot be read are told to all: it may have been anybody's", () => {
    listen(1);
    listen(2);
    waiting.shift()?.[1](new Error("serviceResult = BadDecodingError (0x80070000)"));
    expect(missed).toEqual([1, 2]);
    answer(1, 10);
    expect(heard).toEqual([[1, 10]]);
  });

  it("that fail otherwise are the session's end", () => {
    listen(1);
    waiting.shift()?.[1](new Error("Transaction has timed out"));
    expect(String(link.lost.reason)).toContain("publish: Transaction has timed out");
    answer(1, 10);
    expect(heard).toEqual([]);
  });

  function listen(id: number): void {
    const subscriber: Subscriber = {
      id,
      silenceMs: 1000,
      heard({ sequenceNumber }) {
        heard.push([id, sequenceNumber]);
        publisher.acknowledge(id, sequenceNumber);
      },
      missed: () => void missed.push(id),
      ended: (why) => void ended.push([id, why]),
    };
    publisher.add(subscriber);
    publisher.begin();
  }

  function answer(subscriptionId: number, sequenceNumber: number): void {
    const notificationMessage = new NotificationMessage({ sequenceNumber });
    waiting.shift()?.[1](null, new PublishResponse({ subscriptionId, notificationMessage }));
  }
});

function acknowledgedIn(request: PublishRequest | undefined): [id: number, number: number][] {
  return (request?.subscriptionAcknowledgements ?? []).map((one) => [
    one.subscriptionId,
    one.sequenceNumber,
  ]);
}
