import type { Log } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { beforeEach, expect, test } from "vitest";
import { plainGap } from "../../testing/receiver-store-contract.ts";
import { encodeFrame } from "../protocol/encode-frame.ts";
import { encodeMessage } from "../protocol/messages.ts";
import { encodePointList } from "../protocol/point-list-record.ts";
import { Inbox } from "./inbox.ts";
import { Intake } from "./intake.ts";
import { ReceiveMeter } from "./receive-meter.ts";

let inbox: Inbox;
let intake: Intake;
let meter: ReceiveMeter;
let clock: SimClock;
let said: unknown[];

beforeEach(() => {
  inbox = new Inbox();
  meter = new ReceiveMeter();
  clock = new SimClock();
  said = [];
  const warn: Log["warn"] = (_text, fields) => said.push(fields);
  const log = { debug: () => {}, info: () => {}, warn, error: () => {} } as unknown as Log;
  intake = new Intake({ root: "headgate/1", inbox, clock, log, meter });
});

const refusedBy = (why: string) => {
  const name = `headgate_receiver_refused_messages_total{why="${why}"}`;
  const line = meter
    .text(0)
    .split("\n")
    .find((text) => text.startsWith(name));
  return Number(line?.slice(name.length));
};

const frameOf = (gatewayId: string) => {
  const head = { format: "blocks", gatewayId, lane: "l" } as const;
  return encodeFrame({ ...head, entries: [plainGap(1, 2)], pointListOf: () => null });
};

test("nobody speaks for another gateway, in blocks or in point lists", () => {
  const list = { hash: "4f53cda18c2baa0c", pointIds: [] };
  intake.take("headgate/1/a/d/main/l", frameOf("b"));
  intake.take("headgate/1/a/m/main", frameOf("b"));
  intake.take("headgate/1/a/m/main", encodePointList({ gatewayId: "b", ...list }));
  intake.take("headgate/1/a/hello", encodeMessage({ v: 1, gw: "b", online: false }));
  expect(inbox.isEmpty).toBe(true);
  expect(intake.hellos.size).toBe(0);
  expect(refusedBy("other-gateway")).toBe(4);
  expect(refusedBy("malformed")).toBe(0);
  intake.take("headgate/1/a/m/main", encodePointList({ gatewayId: "a", ...list }));
  intake.take("headgate/1/a/d/main/l", frameOf("a"));
  expect(inbox.takeLists()).toHaveLength(1);
  expect(inbox.takeSlice()).toHaveLength(1);
});

test("a will leaves known what the gateway said it has", () => {
  const streams = [{ st: "main" as const, ep: "e", next: 8, durable: 7, oldest: 1 }];
  intake.take("headgate/1/a/hello", encodeMessage({ v: 1, gw: "a", online: true, streams }));
  intake.take("headgate/1/a/hello", encodeMessage({ v: 1, gw: "a", online: false }));
  expect(intake.hellos.get("a")).toMatchObject({ online: false, streams });
});

test("what is not of the protocol is refused, told once a minute by topic, counted", async () => {
  const longId = "a".repeat(201);
  for (let round = 0; round < 3; round++) {
    intake.take("headgate/1/a/d/main/l", Buffer.from("hello?"));
    intake.take("headgate/1/a/d/main/fast", frameOf("a"));
    intake.take(`headgate/1/${longId}/hello`, encodeMessage({ v: 1, gw: longId, online: true }));
  }
  expect(said).toHaveLength(3);
  expect(refusedBy("malformed")).toBe(9);
  await clock.advance(60_000);
  intake.take("headgate/1/a/d/main/l", Buffer.from("hello?"));
  expect(said.at(-1)).toMatchObject({ topic: "headgate/1/a/d/main/l", sinceToldOf: 2 });
});

test("topics in any number do not fill the log, nor a name that comes in vain the memory", () => {
  for (let at = 0; at < 3000; at++) intake.take(`headgate/1/g${at}/hello`, frameOf("a"));
  expect(said).toHaveLength(1000);
  expect(refusedBy("malformed")).toBe(3000);
  expect(intake.hellos.size).toBe(0);
});

test("an acknowledgement that the broker kept is ours only if it says so", () => {
  const ack = (c: string) => encodeMessage({ v: 1, c, inc: "i", at: 0, streams: [] });
  intake.hearRetained("headgate/1/a/ack/main", ack("other"));
  expect(intake.takeAcks().size).toBe(0);
  intake.hearRetained("headgate/1/a/ack/main", ack("main"));
  expect(intake.takeAcks().size).toBe(1);
});
