import {
  type BlockRange,
  type Context,
  type Entry,
  extentOf,
  Refused,
  silentLog,
  Unreachable,
} from "@headgate/model";
import { ReadyMadeBuffer, SimClock } from "@headgate/model/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeSession } from "../../testing/fake-session.ts";
import { createMemoryBuffer } from "../buffer/memory-buffer.ts";
import { drain } from "./drain.ts";

const SIZE = 100;
let clock: SimClock;
let buffer: ReadyMadeBuffer;
let session: FakeSession;
let stopping: AbortController;
let running: Promise<void>[];

beforeEach(() => {
  clock = new SimClock();
  buffer = new ReadyMadeBuffer();
  session = new FakeSession();
  stopping = new AbortController();
  running = [];
});
afterEach(async () => {
  stopping.abort();
  await Promise.allSettled(running);
});

function keep(count: number): void {
  const times = { fromMs: 0, toMs: 0, schemaHash: "", hash: "0".repeat(16) };
  for (let i = 0; i < count; i++) {
    buffer.keep("main", { kind: "data", sampleCount: 1, ...times, body: new Uint8Array(SIZE) });
  }
}

async function start(options = {}): Promise<void> {
  const context: Context = { clock, log: silentLog, signal: stopping.signal, directory: "" };
  const run = drain({ uplinkId: "cloud", buffer, session, ...options }, context, () => {});
  // A test that expects a loss looks at it later.
  run.catch(() => {});
  running.push(run);
  await clock.advance(0);
}

const settle = async () => {
  for (let i = 0; i < 20; i++) await clock.advance(0);
};
const range = (first: number, last: number): BlockRange => ({
  stream: "main",
  epoch: buffer.status().epochs[0]?.epoch ?? "",
  first,
  last,
});
const ackedOf = () => buffer.acknowledged.map(({ first, last }) => [first, last]);

describe("a drain", () => {
  it("sends a small backlog and what follows as live, in batches within the limit", async () => {
    keep(12);
    await start();
    await settle();
    expect(session.sent).toEqual(["l 1-10", "l 11-12"]);
    keep(1);
    await settle();
    expect(session.sent.at(-1)).toBe("l 13-13");
  });

  it("sends live at once while a backlog fills its slots", async () => {
    keep(200);
    const open: (() => void)[] = [];
    session.answer = () => new Promise((resolve) => open.push(resolve));
    await start();
    await settle();
    expect(session.sent).toEqual(["b 1-10", "b 11-20", "b 21-30"]);
    keep(1);
    await settle();
    expect(session.sent.at(-1)).toBe("l 201-201");
    for (const release of open.splice(0)) release();
    await settle();
    expect(session.batches.length).toBe(7);
  });

  it("moves the cursor only after the far side has taken a batch", async () => {
    keep(3);
    let release = () => {};
    session.answer = () => new Promise((resolve) => (release = resolve));
    await start();
    await settle();
    expect(ackedOf()).toEqual([]);
    release();
    await settle();
    expect(ackedOf()).toEqual([[1, 3]]);
  });

  it("with confirmation sent waits for the notice", async () => {
    session.confirmation = "sent";
    keep(5);
    await start();
    await settle();
    expect(session.sent).toEqual(["l 1-5"]);
    expect(ackedOf()).toEqual([]);
    session.tell({ kind: "acknowledged", ranges: [range(1, 5)] });
    await settle();
    expect(ackedOf()).toEqual([[1, 5]]);
    keep(1);
    await settle();
    expect(session.sent.at(-1)).toBe("l 6-6");
  });

  it("believes who claims numbers never given only about what was sent now", async () => {
    session.confirmation = "sent";
    session.limits = { batchesMax: 2, batchBytesMax: 1800 };
    keep(200);
    await start();
    let release = () => {};
    session.answer = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    await settle();
    const before = session.sent.length;
    session.tell({ kind: "acknowledged", ranges: [range(1, 900)] });
    await settle();
    release();
    const sentCount = ackedOf().reduce((sum, [first = 0, last = 0]) => sum + last - first + 1, 0);
    expect(sentCount).toBeLessThanOrEqual(before * 10);
    expect(sentCount).toBeLessThan(200);
  });

  it("sends again on lane r what stays unacknowledged, until the word comes", async () => {
    session.confirmation = "sent";
    keep(5);
    await start();
    await clock.advance(29_000);
    expect(session.sent).toEqual(["l 1-5"]);
    session.tell({ kind: "acknowledged", ranges: [range(1, 3)] });
    await clock.advance(10_000);
    expect(session.sent).toEqual(["l 1-5", "r 4-5"]);
    session.tell({ kind: "acknowledged", ranges: [range(4, 5)] });
    await clock.advance(120_000);
    expect(session.sent.length).toBe(2);
  });

  it("repeats nothing for one that is away while the others have it all", async () => {
    session.confirmation = "sent";
    keep(200);
    await start();
    for (let minute = 0; minute < 60; minute++) {
      session.tell({ kind: "received", ranges: [range(1, 200)] });
      await clock.advance(60_000);
    }
    expect(session.batches.length).toBe(20);
    session.tell({ kind: "missed", ranges: [range(1, 200)] });
    session.tell({ kind: "acknowledged", ranges: [range(1, 190)] });
    await clock.advance(40_000);
    expect(session.sent.slice(20)).toEqual(["r 191-200"]);
    expect(ackedOf()).toEqual([[1, 190]]);
  });

  it("does not flood a silent far side with repeats", async () => {
    session.confirmation = "sent";
    keep(400);
    await start();
    await settle();
    const count = session.batches.length;
    await clock.advance(3_600_000);
    // All of the 40 batches once or twice, then single ones further and further apart.
    expect(session.batches.length - count).toBeGreaterThan(40);
    expect(session.batches.length - count).toBeLessThan(120);
  });

  it("sends a range asked for again, even if acknowledged", async () => {
    keep(5);
    await start();
    await settle();
    session.tell({ kind: "resend", range: range(2, 90) });
    await settle();
    expect(session.sent.at(-1)).toBe("r 2-5");
  });

  it("narrows a refused batch to the culprit, sets it aside and delivers the gap", async () => {
    keep(5);
    session.answer = async ({ entries }) => {
      const isPoison = entries.some((entry) => "seq" in entry && entry.seq === 3);
      if (isPoison) throw new Refused("payload format invalid");
    };
    await start();
    await settle();
    const [whole, ...singles] = session.sent;
    expect(whole).toBe("l 1-5");
    const expected = ["l 1-1", "l 2-2", "l 3-3", "l 3-3 gap", "l 4-4", "l 5-5"];
    expect(singles.sort()).toEqual(expected);
    expect(buffer.quarantined.map(({ first }) => first)).toEqual([3]);
    expect(ackedOf().flat().sort()).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
  });

  it("starts a new epoch when the far side has other data, once", async () => {
    keep(3);
    await start();
    await settle();
    const { stream, epoch } = range(1, 1);
    session.tell({ kind: "diverged", stream, epoch, reason: "ahead" });
    session.tell({ kind: "diverged", stream, epoch, reason: "ahead" });
    await settle();
    expect(buffer.status().epochs.filter((other) => other.stream === "main").length).toBe(2);
    keep(2);
    await settle();
    expect(session.sent.at(-1)).toBe("l 1-2");
  });

  it("rejects with the loss of the session, and resolves when stopped", async () => {
    keep(1);
    session.answer = () => Promise.reject(new Unreachable("gone"));
    await start();
    await settle();
    await expect(running[0]).rejects.toThrow("gone");
    session.answer = async () => {};
    await start();
    stopping.abort();
    await expect(running[1]).resolves.toBeUndefined();
  });

  it("tells a gap of what is refused here, and leaves the block to other uplinks", async () => {
    const uplinkIds = ["cloud", "other"];
    const kept = createMemoryBuffer({ clock, uplinkIds, epochId: () => "e1" });
    for (let value = 1; value <= 3; value++) {
      await kept.append([{ pointId: "d/p", timestampMs: 1, quality: "good", value }]);
    }
    const refuse = async ({ entries }: { entries: readonly Entry[] }) => {
      if (entries.some((one) => "seq" in one && one.seq === 3)) throw new Refused("too large");
    };
    session.answer = refuse;
    await start({ buffer: kept });
    await settle();
    expect(session.sent).toContain("l 3-3 gap");
    const first = { stream: "main", epoch: "e1", first: 1, last: 4 } as const;
    expect(kept.status().cursors.get("cloud")).toContainEqual(first);
    const limits = { blocksMax: 9, bytesMax: 1e6 };
    expect(kept.status().totals.goneCount).toBe(0);
    const kinds = (await kept.read(first, limits)).map(({ kind }) => kind);
    expect(kinds).toEqual(["epoch", "data", "data", "data"]);
    stopping.abort();
    stopping = new AbortController();
    session = new FakeSession();
    session.answer = refuse;
    await start({ buffer: kept, uplinkId: "other" });
    await settle();
    expect(session.sent).toContain("l 3-3 gap");
    expect(kept.status().totals.goneCount).toBe(1);
  });

  describe("of what was deleted because others had it", () => {
    const appended = async () => {
      let epochs = 0;
      const kept = createMemoryBuffer({
        clock,
        uplinkIds: ["other"],
        epochId: () => `e${++epochs}`,
      });
      for (let value = 1; value <= 6; value++) {
        await kept.append([{ pointId: "d/p", timestampMs: 1, quality: "good", value }]);
      }
      return kept;
    };

    it("tells a gap for a hole in the middle, and none for what this uplink has had", async () => {
      const kept = await appended();
      const of = { stream: "main", epoch: "e1" } as const;
      await kept.acknowledge("cloud", [{ ...of, first: 3, last: 3 }]);
      await kept.acknowledge("other", [{ ...of, first: 3, last: 5 }]);
      await start({ buffer: kept });
      await settle();
      const sent = session.batches.flatMap(({ entries }) => entries).filter(isMain);
      expect(sent.map(spanText)).toEqual(["1", "2", "expired 4-5", "6", "7"]);
      expect(kept.status().cursors.get("cloud")).toMatchObject([
        { first: 1, last: 7 },
        { first: 1 },
      ]);
    });

    it("answers a request with a gap, so that a restored receiver knows", async () => {
      const kept = await appended();
      const of = { stream: "main", epoch: "e1" } as const;
      for (const id of ["cloud", "other"]) {
        await kept.acknowledge(id, [{ ...of, first: 1, last: 5 }]);
      }
      session.confirmation = "sent";
      await start({ buffer: kept });
      await settle();
      session.batches.length = 0;
      session.tell({ kind: "resend", range: { ...of, first: 1, last: 6 } });
      session.tell({ kind: "resend", range: { ...of, first: 2, last: 99 } });
      await settle();
      const sent = session.batches.flatMap(({ entries }) => entries);
      expect(sent.map(spanText)).toEqual(["expired 1-5", "6", "7"]);
      expect(session.batches.every(({ lane }) => lane === "r")).toBe(true);
    });
  });
});

const isMain = ({ stream }: Entry) => stream === "main";

function spanText(entry: Entry): string {
  const { first, last } = extentOf(entry);
  return entry.kind === "gap" ? `${entry.reason} ${first}-${last}` : String(first);
}
