import type { BlockRange } from "@headgate/model";
import { describe, expect, it } from "vitest";
import { HoldBook, type Shown } from "./hold-book.ts";

const HOLD_MS = 600_000;
const range = (first: number, last: number): BlockRange => {
  return { stream: "main", epoch: "e", first, last };
};
const spans = (ranges: readonly BlockRange[]) =>
  ranges.map(({ first, last }) => `${first}-${last}`).join(" ");

/** A book in its second session: 1-10 before mark 1, 11-20 before mark 2, 21-25 after it. */
function bookAfter(first: Shown): HoldBook {
  const book = HoldBook.from(null, HOLD_MS);
  book.resume(first, 0);
  book.took([range(1, 10)], 0);
  expect(book.nextMark()).toBe(1);
  book.took([range(11, 15)], 10_000);
  book.took([range(16, 20)], 11_000);
  expect(book.nextMark()).toBe(2);
  expect(book.nextMark()).toBeNull();
  book.took([range(21, 25)], 20_000);
  book.pause(20_000);
  return book;
}

const NOTHING: Shown = { mark: null, isSessionPresent: false };

describe("what a broker took", () => {
  it.each<[string, Shown, string]>([
    ["is known up to its newest mark; what came after it may be gone", marked(2, true), "21-25"],
    ["is known up to an older mark: it went back in time", marked(1, true), "11-25"],
    ["is gone with the session of a broker that never showed one", NOTHING, "1-25"],
    ["is known by the mark of a broker that keeps no sessions", marked(2, false), "21-25"],
    ["is believed of a broker that keeps the session and no marks", session(), ""],
  ])("%s", (_name, shown, forgotten) => {
    const book = bookAfter(NOTHING);
    expect(spans(book.resume(shown, 30_000))).toBe(forgotten);
  });

  it("is gone with the mark of a broker that once had it, session or not", () => {
    for (const isSessionPresent of [true, false]) {
      const book = bookAfter(NOTHING);
      book.resume(marked(2, true), 30_000);
      book.took([range(26, 30)], 30_000);
      book.nextMark();
      book.pause(31_000);
      expect(spans(book.resume({ mark: null, isSessionPresent }, 40_000))).toBe("1-20 26-30");
    }
  });

  it("is gone with the session of a broker that once had it, mark or not", () => {
    for (const mark of [2, 3]) {
      const book = bookAfter(NOTHING);
      book.resume(marked(2, true), 30_000);
      book.pause(31_000);
      expect(spans(book.resume({ mark, isSessionPresent: false }, 40_000))).toBe("1-20");
    }
  });

  it("is held for so long while there is a session, and no moment less", () => {
    const book = bookAfter(NOTHING);
    book.resume(marked(2, true), 5_000_000);
    expect(spans(book.release(5_000_000 + 579_999))).toBe("");
    expect(spans(book.release(5_000_000 + 580_000))).toBe("1-10");
    expect(spans(book.held)).toBe("11-20");
    expect(spans(book.release(5_000_000 + 591_000))).toBe("11-20");
  });

  it("is not let go before a mark says that it was there", () => {
    const book = HoldBook.from(null, 1000);
    book.resume(NOTHING, 0);
    book.took([range(1, 3)], 0);
    expect(spans(book.release(50_000))).toBe("");
    book.nextMark();
    expect(spans(book.release(50_000))).toBe("1-3");
  });

  it("is known after a restart, and is held for the whole time again", () => {
    const book = HoldBook.from(bookAfter(NOTHING).toText(), HOLD_MS);
    expect(spans(book.held)).toBe("1-25");
    expect(spans(book.resume(marked(2, true), 0))).toBe("21-25");
    expect(spans(book.release(599_999))).toBe("");
    expect(spans(book.release(600_000))).toBe("1-20");
    book.took([range(26, 26)], 600_000);
    expect(book.nextMark()).toBe(3);
  });

  it("goes on above the broker's mark when its own file was older", () => {
    const book = HoldBook.from(null, HOLD_MS);
    book.resume(marked(40, true), 0);
    book.took([range(1, 1)], 0);
    expect(book.nextMark()).toBe(41);
  });
});

function marked(mark: number, isSessionPresent: boolean): Shown {
  return { mark, isSessionPresent };
}

function session(): Shown {
  return { mark: null, isSessionPresent: true };
}
