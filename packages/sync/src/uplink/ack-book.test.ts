import type { StreamStanding } from "@headgate/model";
import { describe, expect, it } from "vitest";
import type { Ack } from "../protocol/messages.ts";
import { AckBook } from "./ack-book.ts";

const standing: StreamStanding[] = [{ stream: "main", epoch: "e1", headSeq: 20, tailSeq: 1 }];

function ackOf(w: number, sack: [number, number][] = [], more: object = {}): Ack {
  const { inc = "i1", ...rest } = more as { inc?: string };
  const max = sack.at(-1)?.[1] ?? w;
  const streams = [{ st: "main" as const, ep: "e1", w, sack, max, ...rest }];
  return { v: 1, c: "main", inc, at: 0, streams };
}

const told = (book: AckBook, receiverId: string, ack: Ack, nowMs = 60_000) =>
  book.hear(receiverId, { ack, standing, nowMs }).map((notice) => {
    if (!("ranges" in notice)) return notice.kind;
    const kind = notice.kind === "acknowledged" ? "" : `${notice.kind} `;
    return kind + notice.ranges.map(({ first, last }) => `${first}-${last}`).join(" ");
  });

describe("an ack book", () => {
  it("tells ranges, and only what is new", () => {
    const book = new AckBook(["main"]);
    expect(told(book, "main", ackOf(5, [[8, 9]]))).toEqual(["1-5 8-9"]);
    expect(told(book, "main", ackOf(5, [[8, 9]]))).toEqual([]);
    expect(told(book, "main", ackOf(6, [[8, 10]]))).toEqual(["1-6 8-10"]);
  });

  it("takes late acknowledgements as a union", () => {
    const book = new AckBook(["main"]);
    told(book, "main", ackOf(9));
    expect(told(book, "main", ackOf(5))).toEqual([]);
  });

  it("needs the word of every receiver that counts, and of no other", () => {
    const book = new AckBook(["main", "archive"]);
    expect(told(book, "main", ackOf(9))).toEqual([]);
    expect(told(book, "stranger", ackOf(20))).toEqual([]);
    expect(told(book, "archive", ackOf(4, [[7, 12]]))).toEqual(["1-4 7-9"]);
  });

  it("starts a receiver's new life with nothing", () => {
    const book = new AckBook(["main"]);
    told(book, "main", ackOf(9));
    expect(told(book, "main", ackOf(3, [], { inc: "i2" }))).toEqual(["1-3"]);
  });

  it("tells once that a receiver is ahead of us or found a fork", () => {
    const ahead = new AckBook(["main"]);
    expect(told(ahead, "main", ackOf(30))).toEqual(["diverged"]);
    expect(told(ahead, "main", ackOf(31))).toEqual([]);
    const forked = new AckBook(["main"]);
    expect(told(forked, "main", ackOf(5, [], { fork: 4 }))).toEqual(["diverged"]);
  });

  it("believes of an epoch that an earlier session found forked what it sent itself", () => {
    const book = new AckBook(["main"]);
    const heard = { standing: [], forked: ["e1"] };
    const told = (nowMs: number) => book.hear("main", { ...heard, ack: ackOf(9), nowMs });
    expect(told(1000)).toEqual([]);
    const range = { stream: "main" as const, epoch: "e1", first: 3, last: 4 };
    book.sent(range, 2000);
    expect(told(3000)).toEqual([]);
    expect(told(70_000)).toEqual([{ kind: "acknowledged", ranges: [range] }]);
  });

  it("knows since when a receiver owes an answer to what was sent", () => {
    const book = new AckBook(["main"]);
    const sent = (last: number, nowMs: number) =>
      book.sent({ stream: "main", epoch: "e1", first: 1, last }, nowMs);
    const answer = (nowMs: number) => {
      const [{ silentForMs, hasAnswered } = {}] = book.answersAt(nowMs);
      return [silentForMs, hasAnswered];
    };
    // What was acknowledged long ago is no answer.
    told(book, "main", ackOf(3), 0);
    expect(answer(100)).toEqual([0, false]);
    sent(3, 100);
    expect(answer(200)).toEqual([0, false]);
    sent(5, 1000);
    sent(6, 2000);
    told(book, "main", ackOf(3), 2500);
    expect(answer(3000)).toEqual([2000, false]);
    told(book, "main", ackOf(5), 3500);
    expect(answer(4000)).toEqual([0, true]);
    // Acknowledged before the server's own word came.
    sent(5, 4000);
    expect(answer(9000)).toEqual([0, true]);
  });

  it("after a divergence believes only what was sent since", () => {
    const book = new AckBook(["main"]);
    told(book, "main", ackOf(30));
    book.sent({ stream: "main", epoch: "e1", first: 11, last: 20 });
    expect(told(book, "main", ackOf(30))).toEqual(["11-20"]);
  });

  it("tells again what is said of an old epoch: more of it may have been sent since", () => {
    const book = new AckBook(["main"]);
    const tell = () => book.hear("main", { ack: ackOf(30), standing: [] }).length;
    expect([tell(), tell()]).toEqual([1, 1]);
  });

  it("takes the last number given for no divergence, and the one after it for one", () => {
    expect(told(new AckBook(["main"]), "main", ackOf(20))).toEqual(["1-20"]);
    const beyond = ackOf(0, [], { max: 21 });
    expect(told(new AckBook(["main"]), "main", beyond)).toEqual(["diverged"]);
  });

  it("hears nothing from a receiver that does not count, not even a divergence", () => {
    expect(told(new AckBook(["main"]), "other", ackOf(99))).toEqual([]);
  });

  it("asks for the least that any receiver asks for, by its last word", () => {
    const book = new AckBook(["main", "archive"]);
    const none = { bytesPerSecondMax: Infinity, unconfirmedBytesMax: Infinity };
    expect(book.limitsAt(0)).toEqual(none);
    book.hear("main", { ack: { ...ackOf(1), lim: { rate: 500, bytes: 9000 } }, standing });
    book.hear("archive", { ack: { ...ackOf(1), lim: { bytes: 7000 } }, standing });
    book.hear("stranger", { ack: { ...ackOf(1), lim: { bytes: 1, rate: 1 } }, standing });
    expect(book.limitsAt(0)).toEqual({ bytesPerSecondMax: 500, unconfirmedBytesMax: 7000 });
    book.hear("main", { ack: ackOf(2), standing });
    book.hear("archive", { ack: ackOf(2), standing });
    expect(book.limitsAt(0)).toEqual(none);
  });

  it("does not stay under what one asked for that is away while another speaks", () => {
    const book = new AckBook(["main", "archive"]);
    book.hear("archive", { ack: { ...ackOf(1), lim: { bytes: 0, rate: 1 } }, standing, nowMs: 0 });
    told(book, "main", ackOf(2), 50_000);
    expect(book.limitsAt(50_000).bytesPerSecondMax).toBe(1);
    told(book, "main", ackOf(3), 70_000);
    expect(book.limitsAt(70_000).bytesPerSecondMax).toBe(Infinity);
    expect(book.limitsAt(170_000).bytesPerSecondMax).toBe(1);
  });

  it("in a diverged epoch believes nobody so soon after the sending", () => {
    const book = new AckBook(["main"]);
    told(book, "main", ackOf(30), 0);
    book.sent({ stream: "main", epoch: "e1", first: 11, last: 15 }, 10_000);
    book.sent({ stream: "main", epoch: "e1", first: 16, last: 20 }, 30_000);
    expect(told(book, "main", ackOf(30), 69_000)).toEqual([]);
    expect(told(book, "main", ackOf(30), 75_000)).toEqual(["11-15"]);
    expect(told(book, "main", ackOf(30), 95_000)).toEqual(["11-20"]);
  });

  describe("of two receivers, one of them away", () => {
    const sentBook = () => {
      const book = new AckBook(["main", "archive"]);
      book.sent({ stream: "main", epoch: "e1", first: 1, last: 20 }, 0);
      return book;
    };

    it("tells what the one that is there has, and acknowledges nothing", () => {
      const book = sentBook();
      expect(told(book, "main", ackOf(9), 59_000)).toEqual([]);
      expect(told(book, "main", ackOf(12), 61_000)).toEqual(["received 1-12"]);
      expect(told(book, "main", ackOf(12), 62_000)).toEqual([]);
    });

    it("tells what the other may have missed when it is back", () => {
      const book = sentBook();
      told(book, "main", ackOf(20), 61_000);
      expect(told(book, "archive", ackOf(4, [[8, 9]]), 90_000)).toEqual([
        "1-4 8-9",
        "received 1-4 8-9",
        "missed 5-7 10-20",
      ]);
      expect(told(book, "archive", ackOf(9), 91_000)).toEqual(["1-9", "received 1-9"]);
    });

    it("takes nobody for away that speaks from time to time", () => {
      const book = sentBook();
      for (let nowMs = 0; nowMs < 600_000; nowMs += 30_000) {
        expect(told(book, "main", ackOf(20), nowMs)).toEqual([]);
        expect(told(book, "archive", ackOf(0), nowMs)).toEqual([]);
      }
    });
  });
});
