import { type Connection, missing, type Point, type Sample, Unreachable } from "@headgate/model";
import { describe, expect, it } from "vitest";
import { atMsOf, createWorld, pointConfig, scanned } from "../../testing/acquire-world.ts";
import { planAcquisition } from "./plan.ts";

describe("acquire", () => {
  it("scans each class at its own interval, the fastest first", async () => {
    const { clock, stop, reads, kept, run } = createWorld([
      scanned("slow", 1000),
      scanned("fast", 200),
    ]);
    const ended = run();
    await clock.advance(1000);
    stop.abort();
    await ended;
    expect(reads[0]?.ids).toEqual(["d/fast"]);
    expect(reads[1]?.ids).toEqual(["d/slow"]);
    expect(reads.filter(({ ids }) => ids[0] === "d/fast").map(({ atMs }) => atMs)).toEqual([
      0, 200, 400, 600, 800, 1000,
    ]);
    expect(kept).toHaveLength(8);
  });

  it.each([
    ["good", 1],
    ["bad", 2],
  ])("takes a line whose samples are %s for up after %d reads", async (quality, reads) => {
    const { clock, stop, answers, connection, good, run } = createWorld([scanned("a", 100)]);
    const ended = run({
      ...connection,
      read: async (points) =>
        points.map(({ id }) =>
          quality === "good" ? good(id, 1) : missing(id, clock.nowMs(), "timeout"),
        ),
    });
    await clock.advance(500);
    stop.abort();
    await ended;
    expect(answers[0]).toBe((reads - 1) * 100);
  });

  it("counts the scans a slow device made it leave out", async () => {
    const { clock, stop, counters, connection, run } = createWorld([scanned("a", 100)]);
    const ended = run({
      ...connection,
      read: async (points, signal) => {
        await clock.sleep(250, signal);
        return connection.read(points, signal);
      },
    });
    await clock.advance(1000);
    expect(counters.missedScanCount).toBeGreaterThanOrEqual(4);
    expect(counters.lastScanMs).toBe(250);
    stop.abort();
    await ended;
  });

  it("rejects when the line is lost, and ends its subscriptions", async () => {
    const subscribed = pointConfig("pushed", { kind: "subscribe", intervalMs: 100 });
    const { connection, run } = createWorld([scanned("a", 100), subscribed]);
    let isSubscriptionEnded = false;
    const ended = run({
      ...connection,
      read: async () => {
        throw new Unreachable("cable cut");
      },
      subscribe: (_points, _emit, signal) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            isSubscriptionEnded = true;
            resolve();
          });
        }),
    });
    await expect(ended).rejects.toThrow("cable cut");
    expect(isSubscriptionEnded).toBe(true);
  });

  it("is over only when its subscriptions are, so that none speaks on a closed line", async () => {
    const subscribed = pointConfig("pushed", { kind: "subscribe", intervalMs: 100 });
    const { clock, connection, run } = createWorld([scanned("a", 100), subscribed]);
    const order: string[] = [];
    const never = new AbortController().signal;
    const ended = run({
      ...connection,
      read: async () => {
        throw new Unreachable("cable cut");
      },
      async subscribe(_points, _emit, signal) {
        await clock.sleep(3_600_000, signal);
        await clock.sleep(50, never);
        order.push("subscription over");
      },
    }).catch(() => void order.push("acquisition over"));
    await clock.advance(100);
    await ended;
    expect(order).toEqual(["subscription over", "acquisition over"]);
  });

  it("keeps what a subscription emits, in live values too", async () => {
    const config = pointConfig("pushed", { kind: "subscribe", intervalMs: 100 });
    const { clock, stop, live, kept, connection, good, run } = createWorld([config]);
    const ended = run({
      ...connection,
      async subscribe(points: readonly Point[], emit, signal) {
        emit(points.map(({ id }) => good(id, 7)));
        await clock.sleep(3_600_000, signal);
      },
    });
    await clock.advance(10);
    stop.abort();
    await ended;
    expect(kept).toHaveLength(1);
    expect(live.get("d/pushed")?.value).toBe(7);
  });

  it("says of points that the driver cannot push that it cannot", async () => {
    const { clock, stop, kept, run } = createWorld([
      pointConfig("p", { kind: "subscribe", intervalMs: 1 }),
    ]);
    const ended = run();
    await clock.advance(10);
    stop.abort();
    await ended;
    expect(kept).toMatchObject([{ quality: "bad", reason: expect.stringContaining("subscribe") }]);
  });

  it("takes a subscription that ends by itself for a lost line", async () => {
    const config = pointConfig("p", { kind: "subscribe", intervalMs: 1 });
    const { connection, run } = createWorld([config]);
    const ended = run({ ...connection, subscribe: async () => {} });
    await expect(ended).rejects.toBeInstanceOf(Unreachable);
  });

  it("takes a driver that leaves points out for broken, and keeps nothing of it", async () => {
    const { connection, kept, run } = createWorld([scanned("a", 100), scanned("b", 100)]);
    const ended = run({
      ...connection,
      read: async (points, signal) => {
        return [...(await connection.read(points, signal))].slice(1);
      },
    });
    await expect(ended).rejects.toThrow("1 samples for 2 points");
    expect(kept).toEqual([]);
  });

  it("conditions a point that is scanned and triggered as one point", async () => {
    const motion = scanned("motion", 1000);
    const level = scanned("level", 1000, ["d/motion"]);
    const deadband = { ...level, condition: { ...level.condition, deadband: 0 } };
    const { clock, stop, kept, connection, good, run } = createWorld([motion, deadband]);
    const ended = run({
      ...connection,
      read: async (points) => points.map(({ id }) => good(id, id === "d/motion" ? true : 5)),
    });
    await clock.advance(500);
    stop.abort();
    await ended;
    expect(kept.filter(({ pointId }) => pointId === "d/level")).toHaveLength(1);
  });

  it("reads a triggered point once for each time its event becomes true", async () => {
    const motion = pointConfig("motion", { kind: "subscribe", intervalMs: 100 });
    const snapshot = pointConfig("snapshot", { kind: "event", onEvent: ["d/motion"] });
    const { clock, stop, reads, connection, good, run } = createWorld([motion, snapshot]);
    let emitMotion: (value: boolean) => void = () => {};
    const ended = run({
      ...connection,
      async subscribe(points, emit, signal) {
        emitMotion = (value) => emit(points.map(({ id }) => good(id, value)));
        await clock.sleep(3_600_000, signal);
      },
    });
    await clock.advance(10);
    for (const value of [true, true, false, true]) {
      emitMotion(value);
      await clock.advance(10);
    }
    stop.abort();
    await ended;
    expect(reads.map(({ ids }) => ids)).toEqual([["d/snapshot"], ["d/snapshot"]]);
  });
});

describe("another plan while the line is up", () => {
  it("keeps the phase of what goes on, and reads what is new at once", async () => {
    const [a, b] = [scanned("a", 200), scanned("b", 200)];
    const { clock, stop, live, reads, plans, run } = createWorld([a]);
    const ended = run();
    await clock.advance(250);
    live.add(["d/b", "d/c"]);
    plans.change(planAcquisition([a, b, scanned("c", 500)], live, plans.current));
    await clock.advance(400);
    plans.change(planAcquisition([b], live, plans.current));
    await clock.advance(200);
    stop.abort();
    await ended;
    expect(atMsOf(reads, "d/a")).toEqual([0, 200, 400, 600]);
    expect(atMsOf(reads, "d/b")).toEqual([250, 400, 600, 800]);
    expect(atMsOf(reads, "d/c")).toEqual([250]);
  });

  it("reads to its end what is being read, and then the new", async () => {
    const a = scanned("a", 100);
    const { clock, stop, live, kept, connection, plans, good, run } = createWorld([a]);
    const answer = Promise.withResolvers<Sample[]>();
    let readCount = 0;
    const read: Connection["read"] = async (points, signal) => {
      if (readCount++ > 0) return await connection.read(points, signal);
      return await answer.promise;
    };
    const ended = run({ ...connection, read });
    await clock.advance(50);
    live.add(["d/b"]);
    plans.change(planAcquisition([a, scanned("b", 100)], live, plans.current));
    answer.resolve([good("d/a", 7)]);
    await clock.advance(50);
    stop.abort();
    await ended;
    expect(kept.map(({ pointId }) => pointId)).toEqual(["d/a", "d/b", "d/a", "d/b"]);
  });

  it("leaves a subscription alone that it does not touch", async () => {
    const pushed = (name: string) => pointConfig(name, { kind: "subscribe", intervalMs: 100 });
    const [a, b] = [pushed("a"), pushed("b")];
    const { clock, stop, live, connection, plans, run } = createWorld([a]);
    const told: string[] = [];
    const subscribe: Connection["subscribe"] = async (points, _, signal) => {
      const ids = points.map(({ id }) => id).join(" ");
      told.push(`begins ${ids}`);
      await clock.sleep(1e9, signal);
      told.push(`ends ${ids}`);
    };
    const ended = run({ ...connection, subscribe });
    live.add(["d/b"]);
    await clock.advance(1);
    plans.change(planAcquisition([a, b], live, plans.current));
    await clock.advance(1);
    plans.change(planAcquisition([b], live, plans.current));
    await clock.advance(1);
    expect(told).toEqual(["begins d/a", "begins d/b", "ends d/a"]);
    stop.abort();
    await ended;
  });
});
