import type { FrameReader, LineFrame, LineRecord } from "@headgate/model";
import { describeAnswer, describeRequest } from "./describe-pdu.ts";

/** Transaction id, protocol id, length; then the unit id and the PDU. */
const HEADER_LENGTH = 6;
const LENGTH_MAX = 254;
/** Requests remembered, to know what a late answer answers. */
const ASKED_MAX = 16;

interface Asked {
  readonly atMs: number;
  readonly unit: number;
  readonly pdu: Buffer;
  readonly number: number;
}

/** Modbus TCP: frames by their length field, answers by their transaction id. */
export class TcpFrameReader implements FrameReader {
  readonly #asked = new Map<number, Asked>();
  #askedCount = 0;
  #rest: Buffer = Buffer.alloc(0);
  #restAtMs = 0;

  take(record: LineRecord): LineFrame[] {
    const bytes = Buffer.from(record.bytes);
    if (record.kind === "sent") return [this.#sent(bytes, record.atMs)];
    if (record.kind === "received") return this.#received(bytes, record.atMs);
    const frames = this.end();
    this.#asked.clear();
    return frames;
  }

  end(): LineFrame[] {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest.length > 0 ? [noise(rest, this.#restAtMs)] : [];
  }

  #sent(bytes: Buffer, atMs: number): LineFrame {
    const unit = bytes[HEADER_LENGTH] ?? 0;
    const pdu = bytes.subarray(HEADER_LENGTH + 1);
    this.#askedCount++;
    this.#asked.set(bytes.readUInt16BE(0), { atMs, unit, pdu, number: this.#askedCount });
    const [oldest] = this.#asked.keys();
    if (this.#asked.size > ASKED_MAX && oldest !== undefined) this.#asked.delete(oldest);
    const text = describeRequest(pdu);
    return { atMs, direction: "sent", bytes, unit, text, fault: null, roundTripMs: null };
  }

  #received(bytes: Buffer, atMs: number): LineFrame[] {
    if (this.#rest.length === 0) this.#restAtMs = atMs;
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const frames: LineFrame[] = [];
    while (this.#rest.length >= HEADER_LENGTH + 2) {
      const length = this.#rest.readUInt16BE(4);
      if (this.#rest.readUInt16BE(2) !== 0 || length < 2 || length > LENGTH_MAX) {
        // Where the next frame begins nobody knows.
        return [...frames, ...this.end()];
      }
      const end = HEADER_LENGTH + length;
      if (this.#rest.length < end) break;
      frames.push(this.#answer(this.#rest.subarray(0, end), atMs));
      this.#rest = this.#rest.subarray(end);
      this.#restAtMs = atMs;
    }
    return frames;
  }

  #answer(bytes: Buffer, atMs: number): LineFrame {
    const unit = bytes[HEADER_LENGTH] ?? 0;
    const pdu = bytes.subarray(HEADER_LENGTH + 1);
    const id = bytes.readUInt16BE(0);
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    const text = describeAnswer(pdu, asked?.pdu ?? null);
    const frame = { atMs, direction: "received", bytes, unit } as const;
    if (!asked) return { ...frame, text, fault: "foreign", roundTripMs: null };
    const roundTripMs = atMs - asked.atMs;
    if (asked.number < this.#askedCount) return { ...frame, text, fault: "late", roundTripMs };
    const isException = (pdu[0] ?? 0) > 0x80;
    return { ...frame, text, fault: isException ? "exception" : null, roundTripMs };
  }
}

function noise(bytes: Buffer, atMs: number): LineFrame {
  const text = `${bytes.length} bytes that are no frame`;
  return {
    atMs,
    direction: "received",
    bytes,
    unit: null,
    text,
    fault: "noise",
    roundTripMs: null,
  };
}
