import type { Answer, AnswerError } from "./client.ts";
import { isRead, type Read, type Request, readLength } from "./request.ts";

/** What became of a request on a line that still stands. */
export type Reply =
  /** `bytes`: the values that were read, as they stand on the wire; none after a write. */
  | { readonly kind: "answer"; readonly bytes: Buffer }
  | { readonly kind: "exception"; readonly code: number }
  /** `isNoise`: bytes came, and no sound frame among them. */
  | { readonly kind: "silence"; readonly isNoise?: true }
  | { readonly kind: "malformed"; readonly reason: string };

const NO_BYTES = Buffer.alloc(0);

/** Nobody answered in time. */
export const SILENCE: Reply = { kind: "silence" };

/** Bytes came in time, and no sound frame among them. */
export const NOISE: Reply = { kind: "silence", isNoise: true };

/** "timeout: no answer from unit 9 within 500 ms". */
export function silenceText(unitId: number, timeoutMs: number): string {
  return `timeout: no answer from unit ${unitId} within ${timeoutMs} ms`;
}

/** What a write is answered with if all went well. */
export const DONE: Reply = { kind: "answer", bytes: NO_BYTES };

const UNFIT: Reply = malformed("answer does not fit the request");

/** A device with limits of its own may say so by what it repeats. */
const OTHER_VALUE: Reply = malformed("answered another value than was sent");

/** The library has looked at unit, function and length; whether the rest fits is seen here. */
export function judgeReply(request: Request, error: AnswerError | null, answer?: Answer): Reply {
  if (error?.modbusCode !== undefined) return { kind: "exception", code: error.modbusCode };
  if (error || answer === undefined) return malformed(textOf(error?.message ?? "no answer"));
  if (isRead(request)) return judgeRead(request, answer.buffer ?? NO_BYTES);
  if (isEcho(request, answer)) return DONE;
  const saysValue = request.code === 5 || request.code === 6;
  return saysValue && answer.address === request.from ? OTHER_VALUE : UNFIT;
}

/**
 * What an answer to a read says: unit id and PDU, from `at` to the end. The reply is a view of it.
 */
export function judgeReadAnswer(request: Read, answer: Buffer, at: number): Reply {
  const { code, count } = request;
  const own = answer[at + 1] as number;
  if (own === (code | 0x80)) return { kind: "exception", code: answer[at + 2] as number };
  const length = readLength(code, count);
  const got = answer.length - at - 1;
  if (got !== length + 2) return malformed(`answered ${got} bytes instead of ${length + 2}`);
  if (own !== code) return malformed(`answered function ${own} instead of ${code}`);
  if (answer[at + 2] !== length) return UNFIT;
  return { kind: "answer", bytes: restOf(answer, at + 3) };
}

const last: { buffer: Buffer; from: number; rest: Buffer } = {
  buffer: NO_BYTES,
  from: 0,
  rest: NO_BYTES,
};

/** A view of what follows; mostly it is the same again, wherever the answer came from. */
function restOf(buffer: Buffer, from: number): Buffer {
  if (buffer !== last.buffer || from !== last.from) {
    last.rest = buffer.subarray(from);
    last.buffer = buffer;
    last.from = from;
  }
  return last.rest;
}

/** The same in memory of its own: what an answer stands in may be used for the next. */
export function kept(reply: Reply): Reply {
  return reply.kind === "answer" ? { kind: "answer", bytes: Buffer.from(reply.bytes) } : reply;
}

/** The byte count within the answer may differ from the length of the frame. */
function judgeRead({ code, count }: Read, bytes: Buffer): Reply {
  return bytes.length === readLength(code, count) ? { kind: "answer", bytes } : UNFIT;
}

/** The answer to a write repeats where, and what or how much. */
function isEcho(request: Exclude<Request, Read>, answer: Answer): boolean {
  if (answer.address !== request.from) return false;
  switch (request.code) {
    case 5:
      return answer.state === request.bits[0];
    case 6:
      return answer.value === request.bytes.readUInt16BE(0);
    case 15:
      return answer.length === request.bits.length;
    case 16:
      return answer.length === request.bytes.length / 2;
  }
}

/** Unit id and CRC, which the library counts along. */
const FRAME_LENGTH = 3;

/** The library's words in ours: bytes are those of the answer, without its frame. */
function textOf(message: string): string {
  const [, subject, expected, got] = /^\w+ (\w+) error, .*?(\d+) got (\d+)$/.exec(message) ?? [];
  if (subject === "length") {
    const [length, wanted] = [Number(got) - FRAME_LENGTH, Number(expected) - FRAME_LENGTH];
    return `answered ${length} bytes instead of ${wanted}`;
  }
  return subject === "data" ? `answered function ${got} instead of ${expected}` : message;
}

function malformed(reason: string): Reply {
  return { kind: "malformed", reason: `malformed answer: ${reason}` };
}

const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: "illegal function",
  2: "illegal data address",
  3: "illegal data value",
  4: "device failure",
  5: "acknowledged, still working",
  6: "device busy",
  7: "negative acknowledge",
  8: "memory parity error",
  10: "gateway path unavailable",
  11: "gateway target failed to respond",
};

/** "illegal data address". */
export function exceptionName(code: number): string {
  return EXCEPTIONS[code] ?? "unknown exception";
}

/** "illegal data address (exception 2)". */
export function exceptionText(code: number): string {
  return `${exceptionName(code)} (exception ${code})`;
}

/** The device refuses the addresses, not the moment: smaller requests may pass. */
export function isAboutAddresses(code: number): boolean {
  return code >= 1 && code <= 4;
}

/** The unit counts as gone: it is silent, or a gateway says so. */
export function isFailure(reply: Reply): boolean {
  return reply.kind === "silence" || (reply.kind === "exception" && isUnitFailure(reply.code));
}

/** Why there is no value. */
export function reasonOf(reply: Reply, unitId: number, timeoutMs: number): string {
  if (reply.kind === "exception") return exceptionText(reply.code);
  if (reply.kind === "malformed") return reply.reason;
  const text = silenceText(unitId, timeoutMs);
  const isNoise = reply.kind === "silence" && reply.isNoise;
  return isNoise ? `${text}, but bytes that are no frame; check baudRate and parity` : text;
}

/** A gateway speaks for a unit that is not there. */
function isUnitFailure(code: number): boolean {
  return code === 10 || code === 11;
}
