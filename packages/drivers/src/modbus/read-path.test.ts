import { systemClock, Unreachable } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { lendBytes } from "../../testing/lend-bytes.ts";
import type { Wire } from "../wire/wire.ts";
import { loadClient } from "./client.ts";
import { Line } from "./line.ts";
import { judgeReadAnswer, kept, type Reply } from "./reply.ts";
import type { Read } from "./request.ts";
import { TcpPort } from "./tcp-port.ts";

const READ: Read = { unitId: 7, code: 3, from: 100, count: 2 };

/** A Modbus TCP frame of unit 7. */
function frame(transactionId: number, pdu: readonly number[], unitId = 7): Buffer {
  const bytes = Buffer.from([0, 0, 0, 0, 0, pdu.length + 1, unitId, ...pdu]);
  bytes.writeUInt16BE(transactionId, 0);
  return bytes;
}

const answerOf = (transactionId: number, value: number) =>
  frame(transactionId, [3, 4, 0, value, 0, value]);

describe("answers of a socket", () => {
  let hear: (bytes: Buffer) => void;
  let port: TcpPort;
  let strayCount: number;
  let given: (number | string)[];

  beforeEach(() => {
    [strayCount, given] = [0, []];
    const wire: Wire = {
      write: () => {},
      listen: (onBytes) => {
        hear = lendBytes(onBytes);
      },
      destroy: () => {},
    };
    const tap = { stray: () => strayCount++ };
    port = new TcpPort({ wire, clock: systemClock, pauseMs: 0, tap: tap as never });
    port.open(() => {});
  });

  it("are taken though others stand before and behind them in one piece", () => {
    ask();
    hear(Buffer.concat([answerOf(9, 1), answerOf(1, 2), answerOf(1, 3), answerOf(2, 4)]));
    expect(given).toEqual([2]);
    expect(strayCount).toBe(3);
    ask();
    expect(given).toEqual([2]);
    hear(answerOf(2, 5));
    expect(given).toEqual([2, 5]);
  });

  it("may come byte by byte, each as a piece", () => {
    ask();
    for (const byte of Buffer.concat([answerOf(8, 1), answerOf(1, 2)])) hear(Buffer.from([byte]));
    expect(given).toEqual([2]);
  });

  it("may come in two pieces, whatever becomes of the first one's memory", () => {
    const whole = Buffer.concat([answerOf(1, 2), answerOf(9, 3)]);
    for (let cut = 1; cut < whole.length; cut++) {
      ask();
      const frames = Buffer.from(whole);
      frames.writeUInt16BE(cut, 0);
      hear(frames.subarray(0, cut));
      hear(frames.subarray(cut));
    }
    expect(given).toEqual(Array(whole.length - 1).fill(2));
    expect(strayCount).toBe(whole.length - 1);
  });

  it("belong to the last request, also when the ids begin anew", () => {
    for (let count = 0; count < 65_535; count++) ask();
    hear(answerOf(65_535, 1));
    expect(given).toEqual([1]);
    ask();
    hear(answerOf(65_535, 2));
    hear(answerOf(0, 3));
    expect(given).toEqual([1, 3]);
    ask();
    hear(answerOf(0, 4));
    hear(answerOf(1, 5));
    expect(given).toEqual([1, 3, 5]);
  });

  it("are nobody's once the request is given up", () => {
    ask();
    port.forget();
    hear(answerOf(1, 2));
    expect(given).toEqual([]);
    expect(strayCount).toBe(1);
  });

  function ask(): void {
    port.request(READ, systemClock.monotonicMs(), (answer, at) => {
      const reply = judgeReadAnswer(READ, answer, at);
      given.push(reply.kind === "answer" ? (reply.bytes[1] as number) : reply.kind);
    });
  }
});

describe("what an answer to a read says", () => {
  it.each([
    ["values", [3, 4, 0, 1, 0, 1], "answer"],
    ["an exception", [0x83, 2], "exception"],
    ["the exception of another function", [0x84, 2], "malformed"],
    ["another function", [4, 4, 0, 1, 0, 1], "malformed"],
    ["a byte count that is not its length", [3, 2, 0, 1, 0, 1], "malformed"],
    ["less than was asked for", [3, 2, 0, 1], "malformed"],
    ["less than it says itself", [3, 4, 0, 1], "malformed"],
    ["more than it says itself", [3, 4, 0, 1, 0, 1, 0], "malformed"],
    ["more than was asked for", [3, 6, 0, 1, 0, 1, 0, 1], "malformed"],
  ])("%s", (_what, pdu, kind) => {
    expect(judgeReadAnswer(READ, Buffer.from([0, 7, ...pdu]), 1).kind).toBe(kind);
  });
});

describe("reads that go at once", () => {
  let clock: SimClock;
  let sent: Buffer[];
  let hasLeft: boolean;
  let hear: (bytes: Buffer) => void;
  let line: Line;

  beforeEach(async () => {
    clock = new SimClock();
    sent = [];
    hasLeft = false;
    const wire: Wire = {
      write: (bytes) => void sent.push(bytes),
      hasLeft: () => hasLeft,
      listen: (onBytes) => {
        hear = lendBytes(onBytes);
      },
      destroy: () => {},
    };
    const port = new TcpPort({ wire, clock, pauseMs: 0 });
    const createClient = await loadClient();
    line = new Line({ port, client: createClient(port), clock });
  });

  it("have the line alone: who comes meanwhile goes when they are answered", async () => {
    const first = atOnce(500);
    expect(line.isFreeFor(1000)).toBe(false);
    const second = line.exchange({ ...READ, from: 200 }, 500);
    await clock.advance(100);
    expect(sent).toHaveLength(1);
    hear(answerOf(1, 1));
    expect(await first).toMatchObject({ kind: "answer" });
    await clock.advance(0);
    expect(sent).toHaveLength(2);
    hear(answerOf(2, 2));
    expect(await second).toMatchObject({ kind: "answer" });
    expect(line.isFreeFor(1000)).toBe(true);
  });

  it("leave to others what these were answered", async () => {
    const asked = line.exchange(READ, 500);
    await clock.advance(0);
    hear(answerOf(1, 1));
    const reply = await asked;
    void atOnce(500);
    hear(answerOf(2, 2));
    expect(reply).toMatchObject({ bytes: Buffer.from([0, 1, 0, 1]) });
  });

  it("take no memory of a request that has not left, whatever became of it", async () => {
    const answered = atOnce(500);
    const before = Buffer.from(sent[0] as Buffer);
    hear(answerOf(1, 1));
    await answered;
    const lost = atOnce(500);
    await clock.advance(500);
    await lost;
    void atOnce(500);
    expect(new Set(sent).size).toBe(3);
    expect(sent[0]).toEqual(before);
  });

  it("take that of one that has left, also of another line", async () => {
    hasLeft = true;
    void atOnce(500);
    const other: Buffer[] = [];
    const wire: Wire = {
      write: (bytes) => void other.push(bytes),
      hasLeft: () => true,
      listen: () => {},
      destroy: () => {},
    };
    new TcpPort({ wire, clock, pauseMs: 0, lastId: 299 }).request(READ, 0, () => {});
    expect(other[0]).toBe(sent[0]);
    expect(other[0]?.subarray(0, 2)).toEqual(Buffer.from([300 >> 8, 300 & 0xff]));
  });

  it("end with the line, and so do those who wait behind them", async () => {
    const all = [atOnce(500), line.exchange(READ, 500)];
    const ended = Promise.allSettled(all);
    line.lose(new Unreachable("cut"));
    await clock.advance(0);
    expect((await ended).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(line.isFreeFor(1000)).toBe(false);
    await expect(line.exchange(READ, 500)).rejects.toThrow("cut");
  });

  it("are waited for no longer than they may take, whatever was waited for before", async () => {
    const long = atOnce(60_000);
    await clock.advance(10);
    hear(answerOf(1, 1));
    await long;
    const short = atOnce(500);
    await clock.advance(499);
    expect(line.isFreeFor(1000)).toBe(false);
    await clock.advance(1);
    expect(await short).toEqual({ kind: "silence" });
  });

  it("are not answered by what comes after their time", async () => {
    const late = atOnce(500);
    await clock.advance(500);
    expect(await late).toEqual({ kind: "silence" });
    const next = atOnce(500);
    hear(answerOf(1, 1));
    hear(answerOf(2, 2));
    expect(await next).toMatchObject({ bytes: Buffer.from([0, 2, 0, 2]) });
  });

  function atOnce(timeoutMs: number): Promise<Reply> {
    return new Promise((resolve, reject) => {
      line.askAtOnce(
        READ,
        { rankMs: 1000, timeoutMs },
        {
          replied: (reply) => resolve(kept(reply)),
          lost: reject,
        },
      );
    });
  }
});
