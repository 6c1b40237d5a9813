import { silentLog } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { beforeEach, expect, test } from "vitest";
import { plainGap } from "../../testing/receiver-store-contract.ts";
import { encodeFrame } from "../protocol/encode-frame.ts";
import { encodeMessage } from "../protocol/messages.ts";
import { encodePointList } from "../protocol/point-list-record.ts";
import { Inbox } from "./inbox.ts";
import { Intake } from "./intake.ts";

let inbox: Inbox;
let intake: Intake;

beforeEach(() => {
  inbox = new Inbox();
  intake = new Intake({ root: "headgate/1", inbox, clock: new SimClock(), log: silentLog });
});

const frameOf = (gatewayId: string) => {
  const head = { format: "blocks", gatewayId, lane: "l" } as const;
  return encodeFrame({ ...head, entries: [plainGap(1, 2)], pointListOf: () => null });
};

test("nobody speaks for another gateway, in blocks or in point lists", () => {
  const list = { hash: "4f53cda18c2baa0c", pointIds: [] };
  intake.take("headgate/1/a/d/main/l", frameOf("b"));
  intake.take("headgate/1/a/m/main", frameOf("b"));
  intake.take("headgate/1/a/m/main", encodePointList({ gatewayId: "b", ...list }));
  expect(inbox.isEmpty).toBe(true);
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
