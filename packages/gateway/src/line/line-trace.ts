import type { LineRecord } from "@headgate/model";

/** What is kept of each channel, always. */
const RECORDS_MAX = 200;
/** A frame and its echo; a longer piece takes several places. */
const BYTES_MAX = 512;
/** Bytes that come closer than this are one piece: adapters cut frames as they like. */
const GAP_MS_MAX = 25;
const BYTES_MIN = 32;

interface Slot {
  kind: LineRecord["kind"];
  atMs: number;
  lastMs: number;
  length: number;
  bytes: Buffer;
}

const NO_BYTES = Buffer.alloc(0);

/**
 * The last pieces that went over a line. Each has its place, which is used again and again: a
 * running line costs a copy of its bytes and nothing else.
 */
export class LineTrace {
  readonly #slots: Slot[] = [];
  #count = 0;

  /** `nowMs` is monotonic. */
  record(kind: LineRecord["kind"], bytes: Uint8Array, nowMs: number): void {
    if (kind === "received" && this.#append(bytes, nowMs)) return;
    let at = 0;
    do {
      const end = Math.min(at + BYTES_MAX, bytes.length);
      this.#put(kind, end - at === bytes.length ? bytes : bytes.subarray(at, end), nowMs);
      at = end;
    } while (at < bytes.length);
  }

  /** From the oldest to the newest; `utcMs` makes UTC of the monotonic time. */
  records(utcMs: (atMs: number) => number): LineRecord[] {
    const first = this.#firstWhole(Math.max(0, this.#count - RECORDS_MAX));
    return Array.from({ length: this.#count - first }, (_, index) => {
      const { kind, atMs, bytes, length } = this.#slotAt(first + index);
      return { kind, atMs: utcMs(atMs), bytes: Uint8Array.from(bytes.subarray(0, length)) };
    });
  }

  /** Answers whose request is not kept any more look as if nobody had asked: they are left out. */
  #firstWhole(first: number): number {
    if (first === 0) return first;
    for (let at = first; at < this.#count; at++) {
      if (this.#slotAt(at).kind !== "received") return at;
    }
    return first;
  }

  #slotAt(number: number): Slot {
    return this.#slots[number % RECORDS_MAX] as Slot;
  }

  #append(bytes: Uint8Array, nowMs: number): boolean {
    if (this.#count === 0) return false;
    const last = this.#slotAt(this.#count - 1);
    const end = last.length + bytes.length;
    if (last.kind !== "received" || nowMs - last.lastMs > GAP_MS_MAX || end > BYTES_MAX) {
      return false;
    }
    grow(last, end);
    last.bytes.set(bytes, last.length);
    last.length = end;
    last.lastMs = nowMs;
    return true;
  }

  #put(kind: LineRecord["kind"], bytes: Uint8Array, nowMs: number): void {
    const at = this.#count % RECORDS_MAX;
    this.#slots[at] ??= { kind, atMs: 0, lastMs: 0, length: 0, bytes: NO_BYTES };
    const slot = this.#slots[at];
    slot.kind = kind;
    slot.atMs = nowMs;
    slot.lastMs = nowMs;
    slot.length = 0;
    grow(slot, bytes.length);
    slot.bytes.set(bytes);
    slot.length = bytes.length;
    this.#count++;
  }
}

/** Makes room for so many bytes; what is there stays. */
function grow(slot: Slot, length: number): void {
  if (slot.bytes.length >= length) return;
  let size = BYTES_MIN;
  while (size < length) size *= 2;
  const larger = Buffer.allocUnsafeSlow(size);
  slot.bytes.copy(larger, 0, 0, slot.length);
  slot.bytes = larger;
}
