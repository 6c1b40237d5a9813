import { missing, type Sample } from "@headgate/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GapBook } from "./gap-book.ts";

const good = (pointId: string, timestampMs: number): Sample => ({
  pointId,
  timestampMs,
  quality: "good",
  value: 1,
  isDeviceTime: true,
});

describe("a book of gaps", () => {
  it("opens a gap between the last time before a cut and the first one after it", () => {
    const book = new GapBook(["a", "b"]);
    book.lineUp();
    for (const ms of [1000, 2000]) book.hear("a", ms);
    expect(book.next(9)).toEqual([]);
    book.lineUp();
    book.hear("a", 9000);
    book.hear("a", 10_000);
    expect(book.next(9)).toEqual([{ pointId: "a", fromMs: 2000, toMs: 9000 }]);
  });

  it("knows a value that is told again, and opens no gap for it", () => {
    const book = new GapBook(["a"]);
    book.hear("a", 2000);
    book.lineUp();
    expect(book.hear("a", 2000)).toBe(false);
    expect(book.hear("a", 3000)).toBe(true);
    expect(book.openCount).toBe(0);
  });

  it("goes on where filling was interrupted, and is done when the device has no more", () => {
    const book = new GapBook(["a"], { a: [9000, 0, [2000, 8000]] });
    book.fill("a", 3000);
    book.fill("a", 4000);
    book.fill("a", 8500);
    const [gap] = book.next(9);
    expect(gap).toEqual({ pointId: "a", fromMs: 4000, toMs: 8000 });
    if (gap) book.close(gap);
    expect(book.openCount).toBe(0);
  });

  it("believes a device whose clock was years ahead, once it is put right", () => {
    const [now, years] = [1_800_000_000_000, 100_000_000_000];
    const book = new GapBook(["a"]);
    book.hear("a", now + years, now);
    expect(book.hear("a", now + 1000, now + 1000)).toBe(true);
    book.lineUp();
    book.hear("a", now + 9000, now + 9000);
    expect(book.next(9)).toEqual([{ pointId: "a", fromMs: now + 1000, toMs: now + 9000 }]);
    // Ours may be the wrong one: then what is told again is known all the same.
    expect(book.hear("a", now + 9000, 0)).toBe(false);
  });

  it("has no gap that reaches into a time to come", () => {
    const [now, years] = [1_800_000_000_000, 100_000_000_000];
    const book = new GapBook(["a"]);
    book.hear("a", now, now);
    book.lineUp();
    book.hear("a", now + years, now + 5000);
    expect(book.next(9)).toEqual([{ pointId: "a", fromMs: now, toMs: now + 5000 }]);
  });

  it("closes one gap of a point and leaves its others", () => {
    const book = new GapBook(["a"], { a: [9000, 0, [1000, 2000], [5000, 6000]] });
    book.close({ pointId: "a", fromMs: 1000, toMs: 2000 });
    expect(book.next(9)).toEqual([{ pointId: "a", fromMs: 5000, toMs: 6000 }]);
  });

  it("keeps gaps of several cuts apart, the oldest first, and no more than it may", () => {
    const book = new GapBook(["a"]);
    for (let cut = 0; cut < 100; cut++) {
      book.hear("a", cut * 1000);
      book.lineUp();
    }
    expect(book.next(9)).toEqual([{ pointId: "a", fromMs: 67_000, toMs: 68_000 }]);
    expect(book.state().a).toHaveLength(34);
  });

  it("leaves points alone that have no history", () => {
    const book = new GapBook(["a"]);
    expect(book.hear("other", 5)).toBe(true);
    expect(book.state()).toEqual({});
  });

  it("comes to the same state from an old one and what was stored since", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("live" as const), ms: fc.integer({ min: 1, max: 1000 }) }),
      fc.record({ kind: fc.constant("fill" as const), ms: fc.integer({ min: 1, max: 1000 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(40), (steps, saved) => {
        const book = new GapBook(["a"], { a: [500, 1, [100, 200]] });
        let kept = book.state();
        steps.forEach(({ kind, ms }, index) => {
          if (index === saved) kept = book.state();
          book.replay(good("a", ms), kind === "fill");
        });
        if (saved >= steps.length) kept = book.state();
        const again = new GapBook(["a"], kept);
        // From before what was kept, too: being told twice changes nothing.
        for (const { kind, ms } of steps.slice(saved)) again.replay(good("a", ms), kind === "fill");
        expect(again.state()).toEqual(book.state());
      }),
    );
  });

  it("takes no bad sample for a time of the device when it is told again", () => {
    const book = new GapBook(["a"], { a: [500, 1] });
    book.replay(missing("a", 9000, "line down: cut"), false);
    expect(book.state()).toEqual({ a: [500, 1] });
  });
});
