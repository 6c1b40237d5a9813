import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, type Driver, Misconfigured, silentLog, systemClock } from "@headgate/model";
import { exportBuffer, openBuffer } from "@headgate/sync/buffer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGateway } from "./create-gateway.ts";
import type { Gateway, GatewayContext } from "./gateway.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "gateway-test-"));
  warnings.length = 0;
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const schema = { parse: (input: unknown) => input };
const countingDriver = (type: string, changed: Partial<Driver> = {}): Driver => {
  let count = 0;
  const timestampMs = () => systemClock.nowMs();
  return {
    type,
    configSchema: schema,
    addressSchema: schema,
    open: async () => ({
      read: async (points) =>
        points.map(({ id }) => ({
          pointId: id,
          timestampMs: timestampMs(),
          quality: "good",
          value: ++count,
        })),
      close: async () => {},
    }),
    ...changed,
  };
};
const never = new Promise<never>(() => {});

/** Ten times as fast as the machine's. */
const fastClock: Clock = {
  nowMs: systemClock.nowMs,
  monotonicMs: () => systemClock.monotonicMs() * 10,
  sleep: (durationMs, signal) => systemClock.sleep(durationMs / 10, signal),
};

const warnings: { message: string; fields: unknown }[] = [];
const log = {
  ...silentLog,
  warn: (message: string, fields?: object) => void warnings.push({ message, fields }),
};

/** A gateway with a channel and one point for each driver. */
function gatewayOf(
  drivers: readonly Driver[],
  lent: Partial<GatewayContext> = {},
): Promise<Gateway> {
  const ids = drivers.map(({ type }) => type);
  return createGateway({
    config: {
      gateway: { id: "test" },
      buffer: { path: directory, commitInterval: "50 ms" },
      channels: Object.fromEntries(ids.map((id) => [id, { driver: id }])),
      devices: Object.fromEntries(
        ids.map((id) => [`on-${id}`, { channel: id, scan: "100 ms", points: { p: {} } }]),
      ),
      web: { port: 0 },
    },
    drivers,
    uplinks: [],
    context: { clock: fastClock, log, ...lent },
  });
}

const committed = (gateway: Gateway) => gateway.status()?.buffer.committedCount ?? 0;
const untilCommitted = async (gateway: Gateway, count: number) => {
  while (committed(gateway) < count) await systemClock.sleep(5, new AbortController().signal);
};

describe("a gateway", () => {
  it("keeps everything it read when it is stopped, and can be run again", async () => {
    const gateway = await gatewayOf([countingDriver("meter")]);
    for (const least of [5, 5]) {
      const stop = new AbortController();
      const ended = gateway.run(stop.signal);
      await untilCommitted(gateway, least);
      stop.abort();
      await ended;
    }
    const values = [...exportBuffer(directory)].map(({ sample }) => sample.value);
    expect(values.length).toBeGreaterThanOrEqual(10);
    expect(values).toEqual(values.map((_, index) => index + 1));
  });

  it("refuses a second run beside the first, which goes on", async () => {
    const gateway = await gatewayOf([countingDriver("meter")]);
    const stop = new AbortController();
    const ended = gateway.run(stop.signal);
    await untilCommitted(gateway, 1);
    await expect(gateway.run(stop.signal)).rejects.toBeInstanceOf(Misconfigured);
    await untilCommitted(gateway, committed(gateway) + 1);
    stop.abort();
    await ended;
  });

  it("ends at once if it was stopped before it ran", async () => {
    const closed = Promise.withResolvers<void>();
    const open: typeof openBuffer = async (...given) => {
      const buffer = await openBuffer(...given);
      const close = buffer.close.bind(buffer);
      buffer.close = () => close().finally(closed.resolve);
      return buffer;
    };
    const gateway = await gatewayOf([countingDriver("meter")], { openBuffer: open });
    await gateway.run(AbortSignal.abort());
    expect(committed(gateway)).toBe(0);
    // On a busy machine it opens late: not when its folder is gone and the next test has begun.
    await closed.promise;
  });

  it("ends though the disk does not let its buffer open", async () => {
    const gateway = await gatewayOf([countingDriver("meter")], { openBuffer: () => never });
    const stop = new AbortController();
    const ended = gateway.run(stop.signal);
    stop.abort();
    await ended;
    expect(gateway.status()).toBeNull();
    expect(warnings.at(-1)?.message).toMatch(/stopped before the buffer was open/);
  });

  it("is delayed by no hung line, neither in reading the others nor in its stop", async () => {
    const close = async () => {};
    const gateway = await gatewayOf([
      countingDriver("opens-for-ever", { open: () => never }),
      countingDriver("reads-for-ever", { open: async () => ({ read: () => never, close }) }),
      countingDriver("closes-for-ever", {
        open: async () => ({ read: () => never, close: () => never }),
      }),
      countingDriver("meter"),
    ]);
    const stop = new AbortController();
    const ended = gateway.run(stop.signal);
    await untilCommitted(gateway, 5);
    stop.abort();
    const startedMs = fastClock.monotonicMs();
    await ended;
    // Far more than it may take: a busy machine is slow, but never so slow.
    expect(fastClock.monotonicMs() - startedMs).toBeLessThan(60_000);
    const channels = ["opens-for-ever", "reads-for-ever", "closes-for-ever"];
    const left = warnings.filter(({ message }) => /do not let go/.test(message));
    expect(left.map(({ fields }) => fields)).toEqual([{ channels }]);
    expect(committed(gateway)).toBe(gateway.status()?.buffer.appendedCount);
  });

  it("serves its page while it runs, and lets go of the port", async () => {
    const gateway = await gatewayOf([countingDriver("meter")]);
    for (let round = 0; round < 2; round++) {
      const stop = new AbortController();
      const ended = gateway.run(stop.signal);
      while (!gateway.status()?.webUrl) await systemClock.sleep(5, stop.signal);
      const url = gateway.status()?.webUrl ?? "";
      const answer = await fetch(`${url}/api/status`);
      expect(answer.status).toBe(200);
      // A browser keeps its connection; that must not keep the gateway.
      stop.abort();
      await ended;
      await expect(fetch(url)).rejects.toThrow();
    }
  });
});
