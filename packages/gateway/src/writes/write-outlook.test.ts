import { type Clock, systemClock } from "@headgate/model";
import { expect, it } from "vitest";
import type { Writing } from "../config/config.ts";
import { WriteMemory } from "./write-memory.ts";
import { outlookOf } from "./write-outlook.ts";
import type { WriteReport } from "./write-record.ts";
import type { WritablePoint } from "./write-rules.ts";

const WRITING: Writing = {
  ...{ min: 0, max: 80, step: null, tolerance: null },
  ...{ intervalMs: 10_000, selectMs: null, verifyMs: 2_000 },
};
const POINT: WritablePoint = {
  point: { id: "d/p", address: null, device: null },
  deviceId: "d",
  acquisition: { kind: "scan", intervalMs: 1000, onEvent: [] },
  condition: { scale: 1, offset: 0, min: null, max: null, deadband: null, heartbeatMs: 0 },
  ...{ unit: "", name: "p", access: "readWrite", writing: WRITING, stream: "main" },
};
const clockAt = (ownMs: number): Clock => {
  return { ...systemClock, nowMs: () => 7, monotonicMs: () => ownMs };
};
const reportOf = (id: string, point = "d/p"): WriteReport => {
  return { id, point, value: 5, state: "verified", readBack: 5, reason: null, by: "anna", atMs: 1 };
};

it("has the limits, the pause that is left, and the point's own writes, newest first", () => {
  const memory = new WriteMemory();
  for (const report of [reportOf("a"), reportOf("b", "d/other"), reportOf("c")])
    memory.note(report);
  memory.noteSent("d/p", clockAt(4_000));
  const outlook = outlookOf(POINT, { memory, requests: [], clock: clockAt(6_500) });
  expect(outlook).toMatchObject({ ...WRITING, point: "d/p", waitMs: 7_500 });
  expect(outlook.writes.map(({ id }) => id)).toEqual(["c", "a"]);
});

it("knows of a write that waits for its turn before anything is recorded of it", () => {
  const memory = new WriteMemory();
  memory.note(reportOf("recorded"));
  const requests = ["waits", "recorded", undefined].map((id) => {
    return { pointId: "d/p", value: 18_446_744_073_709_551_615n, by: "anna", id };
  });
  const { writes } = outlookOf(POINT, { memory, requests, clock: clockAt(0) });
  expect(writes.map(({ id, state }) => `${id} ${state}`)).toEqual([
    ...["waits queued", "recorded verified"],
  ]);
  expect(writes[0]).toMatchObject({ value: "18446744073709551615", by: "anna", atMs: 7 });
});
