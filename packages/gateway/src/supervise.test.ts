import { Misconfigured, silentLog, Unreachable } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { describe, expect, it } from "vitest";
import { type PartState, supervise } from "./supervise.ts";

function world(delayMsMax = 60_000) {
  const clock = new SimClock();
  const stop = new AbortController();
  const states: PartState[] = [];
  const attemptsAtMs: number[] = [];
  const lines: string[] = [];
  const say = (line: string) => lines.push(line);
  const log = { ...silentLog, info: say, warn: say, error: say };
  const context = { clock, log, signal: stop.signal, directory: "" };
  const run = (attempt: (onUp: () => void) => Promise<void>) =>
    supervise(
      {
        name: "part",
        attempt: (onUp) => {
          attemptsAtMs.push(clock.monotonicMs());
          return attempt(onUp);
        },
        onState: (state) => states.push(state),
        delayMsMax,
      },
      context,
    );
  const untilStopped = () =>
    new Promise<void>((resolve) => stop.signal.addEventListener("abort", () => resolve()));
  return { clock, stop, states, attemptsAtMs, lines, run, untilStopped };
}

const pauses = (atMs: readonly number[]) =>
  atMs.slice(1).map((ms, index) => ms - (atMs[index] ?? 0));

describe("supervise", () => {
  it("tries again with growing pauses up to a minute, and not all parts at once", async () => {
    const { clock, stop, attemptsAtMs, run } = world();
    const ended = run(async () => {
      throw new Unreachable("nobody there");
    });
    await clock.advance(600_000);
    stop.abort();
    await ended;
    const [first = 0, second = 0, ...rest] = pauses(attemptsAtMs);
    expect(first).toBeGreaterThanOrEqual(400);
    expect(first).toBeLessThanOrEqual(600);
    expect(second).toBeGreaterThanOrEqual(800);
    expect(Math.max(...rest)).toBeLessThanOrEqual(72_000);
    expect(Math.max(...rest)).toBeGreaterThanOrEqual(48_000);
  });

  it("waits as long as the fault says, though that is longer", async () => {
    const { clock, stop, states, attemptsAtMs, run } = world();
    const ended = run(async () => {
      throw new Unreachable("taken over", { retryAfterMs: 100_000 });
    });
    await clock.advance(99_000);
    expect(attemptsAtMs).toHaveLength(1);
    expect(states.at(-1)).toMatchObject({ kind: "waiting", retryInMs: 100_000 });
    await clock.advance(2000);
    stop.abort();
    await ended;
    expect(attemptsAtMs).toHaveLength(2);
  });

  it("keeps to the longest pause that the part allows", async () => {
    const { clock, stop, attemptsAtMs, run } = world(10_000);
    const ended = run(async () => {
      throw new Unreachable("nobody there");
    });
    await clock.advance(120_000);
    stop.abort();
    await ended;
    expect(Math.max(...pauses(attemptsAtMs))).toBeLessThanOrEqual(12_000);
  });

  it("starts with a short pause again after the part was up for a while", async () => {
    const { clock, stop, attemptsAtMs, run } = world();
    let count = 0;
    const ended = run(async (onUp) => {
      count++;
      if (count <= 6) throw new Unreachable("nobody there");
      onUp();
      await clock.sleep(11_000, stop.signal);
      throw new Unreachable("line lost");
    });
    await clock.advance(120_000);
    stop.abort();
    await ended;
    const afterUp = (attemptsAtMs[7] ?? 0) - (attemptsAtMs[6] ?? 0) - 11_000;
    expect(afterUp).toBeLessThanOrEqual(600);
  });

  it("keeps growing the pause for a part that comes up only to fall", async () => {
    const { clock, stop, attemptsAtMs, run } = world();
    const ended = run(async (onUp) => {
      onUp();
      throw new Unreachable("kicked out");
    });
    await clock.advance(60_000);
    stop.abort();
    await ended;
    expect(attemptsAtMs.length).toBeLessThan(10);
  });

  it.each([
    ["a fault that needs a person", new Misconfigured("wrong password")],
    ["a bug", new TypeError("undefined is not a function")],
  ])("parks %s, says why, and tries again after a minute", async (_name, error) => {
    const { clock, stop, states, attemptsAtMs, run } = world();
    const ended = run(async () => {
      throw error;
    });
    await clock.advance(1);
    expect(states.at(-1)).toMatchObject({ kind: "parked", reason: error.message });
    await clock.advance(75_000);
    stop.abort();
    await ended;
    expect(attemptsAtMs).toHaveLength(2);
  });

  it("says since when it is down, not since its last attempt", async () => {
    const { clock, stop, states, run } = world();
    const startedMs = clock.nowMs();
    const ended = run(async () => {
      throw new Unreachable("nobody there");
    });
    await clock.advance(600_000);
    stop.abort();
    await ended;
    expect(states.at(-1)).toMatchObject({ kind: "waiting", sinceMs: startedMs });
    const { retryAtMs } = states.at(-1) as { retryAtMs: number };
    expect(retryAtMs).toBeGreaterThan(clock.nowMs());
    expect(retryAtMs).toBeLessThanOrEqual(clock.nowMs() + 72_000);
  });

  it("treats a part that ends by itself as lost", async () => {
    const { clock, stop, states, run } = world();
    const ended = run(async () => {});
    await clock.advance(1);
    expect(states.at(-1)).toMatchObject({
      kind: "waiting",
      reason: "ended without being asked to",
    });
    stop.abort();
    await ended;
  });

  it("returns when the signal aborts, and says nothing of the fault that causes", async () => {
    const { clock, stop, states, run, untilStopped } = world();
    const ended = run(async (onUp) => {
      onUp();
      await untilStopped();
      throw new Unreachable("closed");
    });
    await clock.advance(1000);
    stop.abort();
    await ended;
    expect(states.map(({ kind }) => kind)).toEqual(["opening", "up"]);
  });

  it("says once that a part is up which is lost at once, and once more when it stays", async () => {
    const { clock, stop, run, untilStopped, lines } = world();
    let lossCount = 0;
    const ended = run(async (onUp) => {
      onUp();
      await clock.sleep(100, stop.signal);
      if (lossCount++ < 5) throw new Unreachable("the server hung up");
      await untilStopped();
    });
    await clock.advance(12_000);
    expect(lossCount).toBe(5);
    expect(lines).toEqual(["part is up", "part is unreachable"]);
    await clock.advance(60_000);
    expect(lines).toEqual(["part is up", "part is unreachable", "part is up"]);
    stop.abort();
    await ended;
  });
});
