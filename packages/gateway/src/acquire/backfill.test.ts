import { type Connection, Refused, type Sample, silentLog, Unreachable } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { describe, expect, it } from "vitest";
import type { PointConfig } from "../config/config.ts";
import { Backfill } from "./backfill.ts";
import { GapBook } from "./gap-book.ts";

const config: PointConfig = {
  point: { id: "d/a", address: null, device: null },
  deviceId: "d",
  acquisition: { kind: "subscribe", intervalMs: 100 },
  condition: { scale: 0.1, offset: 0, min: null, max: null, deadband: null, heartbeatMs: 60_000 },
  unit: "",
  name: "a",
  access: "read",
  stream: "main",
  hasHistory: true,
};
const at = (timestampMs: number): Sample => ({
  pointId: "d/a",
  timestampMs,
  quality: "good",
  value: timestampMs,
  isDeviceTime: true,
});

interface Given {
  readonly refuses?: () => Error | null;
  readonly deadband?: number | null;
  /** It refuses at once, instead of after each value. */
  readonly tellsNothing?: boolean;
}

/** A point heard at 1000 ms and again at 9000 ms, whose device recorded something each second. */
async function world({ refuses = () => null, deadband = null, tellsNothing = false }: Given = {}) {
  const clock = new SimClock();
  const stop = new AbortController();
  const kept: number[] = [];
  const asked: [number, number][] = [];
  const saved: string[] = [];
  const book = new GapBook(["d/a"]);
  const backfill = new Backfill({
    points: [{ ...config, condition: { ...config.condition, deadband } }],
    book,
    keepHistory: async (samples) => {
      kept.push(...samples.map(({ value }) => Number(value)));
    },
    save: async (state) => void saved.push(JSON.stringify(state)),
  });
  book.hear("d/a", 1000);
  await backfill.lineUp();
  const line: Connection = {
    read: async () => [],
    close: async () => {},
    async *history(spans) {
      for (const { fromMs, toMs } of spans) {
        asked.push([fromMs, toMs]);
        for (let ms = fromMs + 1000; ms < toMs; ms += 1000) {
          if (!tellsNothing) yield [at(ms)];
          const error = refuses();
          if (error) throw error;
        }
      }
    },
  };
  const run = () =>
    backfill.run(line, { clock, log: silentLog, signal: stop.signal, directory: "" });
  return { clock, stop, kept, asked, saved, book, backfill, run };
}

describe("a backfill", () => {
  it("fetches what was missed, in order, conditioned like live samples", async () => {
    const { clock, stop, kept, asked, saved, backfill, book, run } = await world();
    expect(backfill.heard([at(9000)], 77)).toEqual([at(9000)]);
    const ended = run();
    await clock.advance(20_000);
    expect(asked).toEqual([[1000, 9000]]);
    expect(kept).toEqual([200, 300, 400, 500, 600, 700, 800]);
    expect(book.openCount).toBe(0);
    stop.abort();
    await ended;
    expect(saved.at(-1)).toBe('{"d/a":[9000,0]}');
  });

  it("goes on where it was when the line is lost on the way", async () => {
    let answers = 0;
    const lost = () => (++answers === 3 ? new Unreachable("cut") : null);
    const { clock, stop, kept, asked, backfill, run } = await world({ refuses: lost });
    backfill.heard([at(9000)], 77);
    const first = expect(run()).rejects.toThrow("cut");
    await clock.advance(20_000);
    await first;
    const second = run();
    await clock.advance(20_000);
    stop.abort();
    await second;
    expect(asked).toEqual([
      [1000, 9000],
      [4000, 9000],
    ]);
    expect(kept).toEqual([200, 300, 400, 500, 600, 700, 800]);
  });

  it("gives a server time to write down what it has told of", async () => {
    const { clock, stop, asked, backfill, run } = await world();
    backfill.heard([at(9000)], 77);
    const ended = run();
    await clock.advance(1_900);
    expect(asked).toEqual([]);
    await clock.advance(200);
    expect(asked).toEqual([[1000, 9000]]);
    stop.abort();
    await ended;
  });

  it("keeps the first value of each gap, whatever the last one of the gap before was", async () => {
    const { clock, stop, kept, backfill, run } = await world({ deadband: 1_000 });
    backfill.heard([at(3000)], 77);
    const ended = run();
    await clock.advance(20_000);
    await backfill.lineUp();
    backfill.heard([at(6000)], 77);
    await clock.advance(20_000);
    stop.abort();
    await ended;
    expect(kept).toEqual([200, 400]);
  });

  it("waits for a device that cannot tell now, and asks for the rest", async () => {
    let answers = 0;
    const refused = () => (++answers === 3 ? new Refused("no room") : null);
    const { clock, stop, kept, asked, backfill, run } = await world({ refuses: refused });
    backfill.heard([at(9000)], 77);
    const ended = run();
    await clock.advance(8_000);
    expect(asked).toEqual([[1000, 9000]]);
    await clock.advance(30_000);
    stop.abort();
    await ended;
    expect(asked).toEqual([
      [1000, 9000],
      [4000, 9000],
    ]);
    expect(kept).toEqual([200, 300, 400, 500, 600, 700, 800]);
  });

  it("gives a gap up that a device refuses for hours, and asks rarely until then", async () => {
    const { clock, stop, asked, book, backfill, run } = await world({
      refuses: () => new Refused("no room"),
      tellsNothing: true,
    });
    backfill.heard([at(900_000)], 77);
    const ended = run();
    await clock.advance(600_000);
    expect(asked.length).toBeLessThan(10);
    expect(book.openCount).toBe(1);
    for (let hour = 0; hour < 5; hour++) await clock.advance(3_600_000);
    stop.abort();
    await ended;
    expect(book.openCount).toBe(0);
    expect(asked.length).toBeLessThan(30);
  });

  it("asks a device that tells a little each time until it has told all", async () => {
    const { clock, stop, kept, book, backfill, run } = await world({
      refuses: () => new Refused("that was enough for one look"),
    });
    backfill.heard([at(41_000)], 77);
    const ended = run();
    await clock.advance(600_000);
    stop.abort();
    await ended;
    expect(kept).toHaveLength(39);
    expect(book.openCount).toBe(0);
  });

  it("dates a value that is told again after a cut as seen now", async () => {
    const { backfill, book } = await world();
    const [again] = backfill.heard([at(1000)], 77);
    expect(again).toEqual({ ...at(1000), timestampMs: 77, isDeviceTime: false });
    expect(book.openCount).toBe(0);
  });
});
