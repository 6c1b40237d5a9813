import type { FrameFault, FrameReader, LineFrame, LineRecord } from "@headgate/model";
import { type Stretch, splitRtuFrames } from "../rtu-frames.ts";
import { describeAnswer, describeRequest } from "./describe-pdu.ts";

const CRC_LENGTH = 2;
/** Unit id, function, address and count. */
const READ_LENGTH = 6;
/** What may still become a frame; what is longer is none. */
const REST_MAX = 512;

interface Asked {
  readonly atMs: number;
  readonly bytes: Buffer;
}

/** Modbus RTU: frames by unit, function and checksum, answers by the request before them. */
export class RtuFrameReader implements FrameReader {
  #asked: Asked | null = null;
  #before: Asked | null = null;
  #isAnswered = false;
  #rest: Buffer = Buffer.alloc(0);
  #restAtMs = 0;

  take(record: LineRecord): LineFrame[] {
    const { kind, atMs } = record;
    const bytes = Buffer.from(record.bytes);
    if (kind === "received") return this.#received(bytes, atMs);
    const frames = this.end();
    if (kind === "opened") {
      this.#asked = null;
      this.#before = null;
      return frames;
    }
    this.#before = this.#asked;
    this.#asked = { atMs, bytes };
    this.#isAnswered = false;
    const unit = bytes[0] ?? 0;
    const text = describeRequest(bodyOf(bytes));
    return [
      ...frames,
      { atMs, direction: "sent", bytes, unit, text, fault: null, roundTripMs: null },
    ];
  }

  end(): LineFrame[] {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest.length > 0 ? [this.#unsound(rest, this.#restAtMs)] : [];
  }

  #received(bytes: Buffer, atMs: number): LineFrame[] {
    if (this.#rest.length === 0) this.#restAtMs = atMs;
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const stretches = splitRtuFrames(this.#rest);
    const lastSound = stretches.findLastIndex(({ isSound }) => isSound);
    const whole = stretches.slice(0, lastSound + 1);
    this.#rest = Buffer.concat(stretches.slice(lastSound + 1).map((stretch) => stretch.bytes));
    const frames = whole.map((stretch) => this.#frameOf(stretch, atMs));
    if (whole.length > 0) this.#restAtMs = atMs;
    return this.#rest.length > REST_MAX ? [...frames, ...this.end()] : frames;
  }

  #frameOf({ bytes, isSound }: Stretch, atMs: number): LineFrame {
    if (!isSound) return this.#unsound(bytes, atMs);
    const frame = { atMs, direction: "received", bytes, unit: bytes[0] ?? 0 } as const;
    const asked = this.#asked;
    if (asked?.bytes.equals(bytes) && !this.#isAnswered && asked.bytes[1] !== 5) {
      const isRead = (bytes[1] ?? 0) <= 4;
      if (isRead) return { ...frame, text: "echo of the request", fault: null, roundTripMs: null };
    }
    const { fault, answers } = this.#judge(bytes);
    const text = describeAnswer(bodyOf(bytes), answers && bodyOf(answers.bytes));
    const roundTripMs = answers && atMs - answers.atMs;
    return { ...frame, text, fault, roundTripMs };
  }

  /** Frames carry no id: only the order of time, and what was asked, tell whose answer it is. */
  #judge(bytes: Buffer): { fault: FrameFault | null; answers: Asked | null } {
    const asked = this.#asked;
    if (asked && !this.#isAnswered && isAnswerTo(asked.bytes, bytes)) {
      this.#isAnswered = true;
      return { fault: (bytes[1] ?? 0) > 0x80 ? "exception" : null, answers: asked };
    }
    const earlier = [this.#before, asked].find((one) => one && isAnswerTo(one.bytes, bytes));
    return earlier ? { fault: "late", answers: earlier } : { fault: "foreign", answers: null };
  }

  /** What begins like the answer was meant as one. */
  #unsound(bytes: Buffer, atMs: number): LineFrame {
    const asked = this.#asked?.bytes;
    const isMeant = asked !== undefined && bytes[0] === asked[0] && bytes[1] === asked[1];
    return {
      atMs,
      direction: "received",
      bytes,
      unit: isMeant ? (bytes[0] ?? null) : null,
      text: isMeant ? "an answer with a wrong checksum" : `${bytes.length} bytes that are no frame`,
      fault: isMeant ? "checksum" : "noise",
      roundTripMs: null,
    };
  }
}

/** Without unit id and checksum. */
function bodyOf(frame: Buffer): Buffer {
  return frame.subarray(1, -CRC_LENGTH);
}

function isAnswerTo(asked: Buffer, bytes: Buffer): boolean {
  const code = asked[1] ?? 0;
  if (asked[0] !== bytes[0] || (bytes[1] !== code && bytes[1] !== (code | 0x80))) return false;
  if (bytes[1] !== code || code > 4) return true;
  if (asked.length < READ_LENGTH) return false;
  const count = asked.readUInt16BE(4);
  return bytes[2] === (code <= 2 ? Math.ceil(count / 8) : count * 2);
}
