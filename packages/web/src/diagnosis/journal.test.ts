import type { GatewayStatus } from "@headgate/gateway/api-types";
import { expect, test } from "vitest";
import { sampleBuffer, sampleChannel, sampleUplink } from "../../testing/samples.ts";
import { journalOf } from "./journal.ts";

const NOTHING = { status: null, versions: [], audit: [] };
const keysOf = (known: Parameters<typeof journalOf>[0]) =>
  journalOf(known).map(({ atMs, what }) => `${atMs} ${what.key}`);

test("versions and deeds in one row, the newest first; an apply is told once", () => {
  const versions = [{ version: 2, atMs: 50, who: "anna", why: "a meter more" }];
  const deed = { who: "anna", outcome: "done", detail: "" } as const;
  const audit = [
    { ...deed, atMs: 60, action: "session.enter" },
    { ...deed, atMs: 51, action: "config.apply" },
    { ...deed, atMs: 40, action: "claim" },
  ];
  const told = ["60 journal.audit", "50 journal.version", "40 journal.audit"];
  expect(keysOf({ ...NOTHING, versions, audit })).toEqual(told);
});

test("a gateway tells when it began, and since when its lines are up or down", () => {
  const status: GatewayStatus = {
    gateway: { id: "g", name: "", version: "1", timezone: "UTC" },
    ...{ atMs: 9, startedMs: 5, config: null, webUrl: null },
    points: { good: 0, uncertain: 0, bad: 0, silent: 0 },
    channels: [
      sampleChannel({ id: "bus", state: { kind: "up", sinceMs: 6 } }),
      sampleChannel({ id: "new", state: { kind: "opening" } }),
    ],
    uplinks: [
      sampleUplink({
        state: { kind: "parked", sinceMs: 8, reason: "no", retryInMs: 1, retryAtMs: 9 },
      }),
    ],
    buffer: sampleBuffer({ clock: null }),
  };
  const told = ["8 journal.uplinkDown", "6 journal.channelUp", "5 journal.started"];
  expect(keysOf({ ...NOTHING, status })).toEqual(told);
});
