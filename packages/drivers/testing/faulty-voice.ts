import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { AnswerFaults } from "./answer-faults.ts";

/** How bytes are spoilt so that a checksum tells, or where there is none the header. */
export type Protection = "header" | "checksum";

/**
 * One side of a connection that answers, well or badly. A device does one thing after the other:
 * so do its answers, however late each is.
 */
export class FaultyVoice {
  readonly #stream: Duplex;
  #requestCount = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  /** A request came: gives its number, from 1 on. */
  hear(): number {
    return ++this.#requestCount;
  }

  /** Sends an answer, or what the faults make of it. */
  say(
    answer: Buffer,
    request: Buffer,
    faults: AnswerFaults,
    protection: Protection = "checksum",
  ): void {
    if (faults.isSilent) return;
    if (faults.deafAfter !== null && this.#requestCount > faults.deafAfter) return;
    const dueMs = performance.now() + faults.delayMs;
    const frame = spoil(answer, faults, protection);
    const sent = faults.isEchoing ? Buffer.concat([request, frame]) : frame;
    if (faults.delayMs === 0 && this.#isIdle && isPlain(faults)) {
      this.#write(sent);
      return;
    }
    this.#waiting++;
    this.#last = this.#last.then(() => this.#sendLater(sent, faults, dueMs));
  }

  #waiting = 0;
  get #isIdle(): boolean {
    return this.#waiting === 0;
  }

  async #sendLater(sent: Buffer, faults: AnswerFaults, dueMs: number): Promise<void> {
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await sleep(waitMs, undefined, { ref: false });
    this.#waiting--;
    if (faults.hangUp !== null && this.#hangUp(sent, faults.hangUp)) return;
    if (faults.byteGapMs === 0) {
      this.#write(sent);
      return;
    }
    for (const byte of sent) {
      this.#write(Buffer.of(byte));
      await sleep(faults.byteGapMs, undefined, { ref: false });
    }
  }

  #write(bytes: Buffer): void {
    if (!this.#stream.destroyed && this.#stream.writable) this.#stream.write(bytes);
  }

  /** False on a line that cannot be hung up. */
  #hangUp(sent: Buffer, how: "reset" | "end" | "half"): boolean {
    const stream = this.#stream as Duplex & { resetAndDestroy?: () => void };
    if (!stream.resetAndDestroy) return false;
    if (how === "reset") stream.resetAndDestroy();
    else if (how === "end") stream.end();
    else stream.end(sent.subarray(0, sent.length >> 1));
    return true;
  }
}

const isPlain = ({ hangUp, byteGapMs }: AnswerFaults) => hangUp === null && byteGapMs === 0;

function spoil(answer: Buffer, faults: AnswerFaults, protection: Protection): Buffer {
  let frame = answer;
  if (faults.isGarbled) frame = withOneBitWrong(frame, protection);
  if (faults.isGarbage) frame = Buffer.from(frame.map((byte, at) => byte ^ (0x5a + 7 * at)));
  if (faults.losesByte) {
    const at = protection === "header" ? 0 : frame.length >> 1;
    frame = Buffer.concat([frame.subarray(0, at), frame.subarray(at + 1)]);
  }
  frame = frame.subarray(0, faults.truncatedTo ?? frame.length);
  const parts = faults.isDoubled ? [faults.noise, frame, frame] : [faults.noise, frame];
  return Buffer.concat(parts);
}

/** Another bit each time: of the protocol id where there is no checksum, else of any byte. */
function withOneBitWrong(answer: Buffer, protection: Protection): Buffer {
  const frame = Buffer.from(answer);
  const turn = turnCount++;
  const at = protection === "header" ? 2 : turn % frame.length;
  frame[at] = (frame[at] as number) ^ (1 << (turn % 8));
  return frame;
}

let turnCount = 0;
