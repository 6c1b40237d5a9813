import { type ReceiverAnswer, silentLog } from "@headgate/model";
import { expect, test } from "vitest";
import { ackTimeoutOf, SilentReceivers } from "./silent-receivers.ts";

const answer = (silentForMs: number, hasAnswered = false): ReceiverAnswer => {
  return { receiverId: "nobody", silentForMs, hasAnswered };
};

test("a receiver that acknowledges nothing is told once, and that it does again", () => {
  const lines: string[] = [];
  const say = (text: string) => void lines.push(text);
  const log = { ...silentLog, warn: say, info: say };
  const silent = new SilentReceivers("cloud");
  silent.tell([answer(59_000)], log);
  expect(silent.of([answer(59_000)])).toEqual([]);
  expect(lines).toEqual([]);
  silent.tell([answer(60_000)], log);
  silent.tell([answer(65_000)], log);
  expect(silent.of([answer(65_000)])).toEqual([{ id: "nobody", forMs: 65_000 }]);
  const warned = 'uplink "cloud" is connected, but receiver "nobody" acknowledges nothing; ';
  expect(lines).toEqual([expect.stringContaining(warned)]);
  // Connected anew: nothing is known yet.
  silent.tell([answer(0)], log);
  silent.tell([answer(60_000)], log);
  expect(lines).toHaveLength(1);
  silent.tell([answer(0, true)], log);
  expect(lines.slice(1)).toEqual(['uplink "cloud": receiver "nobody" acknowledges again']);
});

test("a longer ackTimeout is the receiver's to use", () => {
  const silent = new SilentReceivers("cloud", ackTimeoutOf({ ackTimeout: 120_000 }));
  expect(silent.of([answer(119_000)])).toEqual([]);
  expect(silent.of([answer(120_000)])).toHaveLength(1);
  expect(ackTimeoutOf({})).toBe(0);
});
