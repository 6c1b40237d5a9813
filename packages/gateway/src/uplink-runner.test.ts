import { type Clock, type Session, silentLog, systemClock, type Uplink } from "@headgate/model";
import { ReadyMadeBuffer } from "@headgate/model/testing";
import { expect, test } from "vitest";
import { createUplinkRunner } from "./uplink-runner.ts";

/** A thousand times as fast as the machine's. */
const clock: Clock = {
  nowMs: systemClock.nowMs,
  monotonicMs: () => systemClock.monotonicMs() * 1000,
  sleep: (durationMs, signal) => systemClock.sleep(durationMs / 1000, signal),
};

/** A session in which one receiver acknowledges nothing. */
const silentSession = (): Session => {
  const openedMs = clock.monotonicMs();
  return {
    limits: { batchesMax: 1, batchBytesMax: 1000 },
    confirmation: "sent",
    send: async () => {},
    async *notices(signal) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    },
    answers: () => {
      const silentForMs = clock.monotonicMs() - openedMs;
      return [{ receiverId: "nobody", silentForMs, hasAnswered: false }];
    },
    close: async () => {},
  };
};

test("an uplink that is up and whose receiver is silent says so, and logs one line", async () => {
  const uplink: Uplink = {
    type: "mqtt",
    configSchema: { parse: (input: unknown) => input },
    open: async () => silentSession(),
  };
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (text: string) => void warnings.push(text) };
  const config = {
    id: "cloud",
    uplink,
    settings: { ackTimeout: 15_000 },
    order: "strict",
  } as const;
  const lent = { gatewayId: "g", timezone: "UTC", buffer: new ReadyMadeBuffer() };
  const runner = createUplinkRunner(config, lent);
  const ending = new AbortController();
  const running = runner.run({ clock, log, signal: ending.signal, directory: "" });
  expect(runner.silentReceivers()).toEqual([]);
  await expect.poll(() => warnings, { timeout: 20_000 }).toHaveLength(1);
  expect(warnings[0]).toContain('uplink "cloud" is connected, but receiver "nobody" acknowledges');
  expect(runner.silentReceivers()).toMatchObject([{ id: "nobody" }]);
  ending.abort();
  await running;
  expect(warnings).toHaveLength(1);
});
