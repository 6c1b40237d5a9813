import {
  type Connection,
  type Context,
  type Driver,
  Misconfigured,
  type Sample,
  silentLog,
  Unreachable,
} from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { describe, expect, it } from "vitest";
import { createChannel } from "./channel.ts";
import type { PointConfig } from "./config/config.ts";
import { LiveValues } from "./live-values.ts";

const point: PointConfig = {
  point: { id: "d/level", address: null, device: null },
  deviceId: "d",
  acquisition: { kind: "scan", intervalMs: 1000, onEvent: [] },
  condition: { scale: 1, offset: 0, min: null, max: null, deadband: 1, heartbeatMs: 3_600_000 },
  unit: "",
  name: "level",
  access: "read",
  stream: "main",
};

/** A channel with one point whose level is always 7, on a line that can be cut and mended. */
function world(deadband: number | null = 1) {
  const clock = new SimClock();
  const stop = new AbortController();
  const live = new LiveValues(["d/level"]);
  const kept: Sample[] = [];
  const line = { fault: null as Error | null, openCount: 0, closedCount: 0 };
  const check = () => {
    if (line.fault) throw line.fault;
  };
  const connection: Connection = {
    async read(points) {
      check();
      const timestampMs = clock.nowMs();
      return points.map(({ id }) => ({ pointId: id, timestampMs, quality: "good", value: 7 }));
    },
    async close() {
      line.closedCount++;
    },
  };
  const schema = { parse: (input: unknown) => input };
  const driver: Driver = {
    type: "made",
    configSchema: schema,
    addressSchema: schema,
    async open() {
      check();
      line.openCount++;
      return connection;
    },
  };
  const devices = [
    {
      id: "d",
      name: "it",
      profile: null,
      points: [{ ...point, condition: { ...point.condition, deadband } }],
    },
  ];
  const channel = createChannel(
    { id: "line", driver, settings: {}, devices },
    { live, keep: (samples) => void kept.push(...samples), audit: () => {} },
  );
  const context: Context = { clock, log: silentLog, signal: stop.signal, directory: "" };
  return { clock, stop, live, kept, line, channel, ended: channel.run(context) };
}

const told = (kept: readonly Sample[]) =>
  kept.map((sample) => (sample.quality === "bad" ? sample.reason : sample.value));

describe("a channel", () => {
  it("tells a value again after the line was down, though it did not change", async () => {
    const { clock, stop, kept, line, channel, ended } = world();
    await clock.advance(5_000);
    line.fault = new Unreachable("cable cut");
    await clock.advance(30_000);
    line.fault = null;
    await clock.advance(30_000);
    stop.abort();
    await ended;
    expect(told(kept)).toEqual([7, "line down: cable cut", 7]);
    expect(channel.state().kind).toBe("up");
    expect(line.closedCount).toBe(line.openCount);
  });

  it.each([1, null])(
    "says once of every point that the line is down (deadband %s)",
    async (deadband) => {
      const { clock, stop, live, kept, line, ended } = world(deadband);
      line.fault = new Unreachable("nobody there");
      await clock.advance(600_000);
      expect(told(kept)).toEqual(["line down: nobody there"]);
      expect(live.get("d/level")).toMatchObject({ quality: "bad" });
      stop.abort();
      await ended;
    },
  );

  it("is parked where a person is needed, and comes up by itself once all is well", async () => {
    const { clock, stop, line, channel, ended } = world();
    line.fault = new Misconfigured("wrong password");
    await clock.advance(1_000);
    expect(channel.state()).toMatchObject({ kind: "parked", reason: "wrong password" });
    line.fault = null;
    await clock.advance(80_000);
    expect(channel.state().kind).toBe("up");
    stop.abort();
    await ended;
  });

  it("closes its connection when it is stopped, and says nothing of a line down", async () => {
    const { clock, stop, kept, line, ended } = world();
    await clock.advance(1_500);
    stop.abort();
    await ended;
    expect(line.closedCount).toBe(1);
    expect(told(kept)).toEqual([7]);
  });

  it("isolates a driver that breaks, and tries it again", async () => {
    const { clock, stop, line, channel, ended } = world();
    await clock.advance(1_500);
    line.fault = new TypeError("undefined is not a function");
    await clock.advance(2_000);
    expect(channel.state()).toMatchObject({ kind: "parked" });
    line.fault = null;
    await clock.advance(80_000);
    expect(channel.state().kind).toBe("up");
    stop.abort();
    await ended;
  });
});
