import { systemClock } from "@headgate/model";
import { beforeEach, describe, expect, it } from "vitest";
import type { Wire } from "../wire/wire.ts";
import { judgeReadAnswer } from "./reply.ts";
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
        hear = onBytes;
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
    ["more than was asked for", [3, 6, 0, 1, 0, 1, 0, 1], "malformed"],
  ])("%s", (_what, pdu, kind) => {
    expect(judgeReadAnswer(READ, Buffer.from([0, 7, ...pdu]), 1).kind).toBe(kind);
  });
});
