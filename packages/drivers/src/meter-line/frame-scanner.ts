/** How frames of one protocol look, so that they can be found among other bytes. */
export interface FrameShape {
  /**
   * Of a frame that may begin at `at`: its length once that is known, 0 while it is not, null if
   * none begins there.
   */
  lengthAt(bytes: Buffer, at: number): number | null;
}

/** Both families of frames begin and end so. */
export const START = 0x68;
export const END = 0x16;

/** Longer than any frame with as much garbage before it. */
const REST_BYTES_MAX = 1024;

const EMPTY = Buffer.alloc(0);

/**
 * Finds whole frames in what comes, byte by byte or many at once. A frame is start, head, length,
 * sum and end as they must be; whatever does not fit is skipped, so a broken one costs itself only.
 */
export class FrameScanner {
  readonly #shape: FrameShape;
  #rest: Buffer = EMPTY;

  constructor(shape: FrameShape) {
    this.#shape = shape;
  }

  /** Forgets the beginning of a frame that may have come. */
  reset(): void {
    this.#rest = EMPTY;
  }

  /** The frames that are complete with these bytes, from start to end byte. */
  push(bytes: Buffer): Buffer[] {
    const frames: Buffer[] = [];
    let all = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    for (;;) {
      const { frame, keepFrom } = this.#find(all);
      all = all.subarray(keepFrom);
      if (frame === null) break;
      frames.push(frame);
    }
    this.#rest = all.length > 0 ? Buffer.from(all.subarray(-REST_BYTES_MAX)) : EMPTY;
    return frames;
  }

  /** The first whole frame. A start that waits for more bytes does not hide one behind it. */
  #find(all: Buffer): { frame: Buffer | null; keepFrom: number } {
    let keepFrom = all.length;
    for (let at = all.indexOf(START); at >= 0; at = all.indexOf(START, at + 1)) {
      const length = this.#shape.lengthAt(all, at);
      if (length === null) continue;
      if (length === 0 || at + length > all.length) {
        keepFrom = Math.min(keepFrom, at);
        continue;
      }
      const frame = all.subarray(at, at + length);
      if (isWhole(frame)) return { frame, keepFrom: at + length };
    }
    return { frame: null, keepFrom };
  }
}

/** Sum of all bytes, modulo 256. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return sum & 0xff;
}

function isWhole(frame: Buffer): boolean {
  const last = frame.length - 1;
  return frame[last] === END && frame[last - 1] === checksum(frame.subarray(0, last - 1));
}

/** A whole frame, or bytes that are none. */
export interface Stretch {
  readonly bytes: Buffer;
  readonly isSound: boolean;
}

/** All of the bytes, in their order: whole frames, and what lies between them. */
export function splitFrames(bytes: Buffer, shape: FrameShape): Stretch[] {
  const stretches: Stretch[] = [];
  let from = 0;
  const pass = (to: number, isSound: boolean) => {
    if (to > from) stretches.push({ bytes: bytes.subarray(from, to), isSound });
    from = to;
  };
  for (let at = bytes.indexOf(START); at >= 0; at = bytes.indexOf(START, at)) {
    const length = shape.lengthAt(bytes, at) ?? 0;
    const end = at + length;
    if (length === 0 || end > bytes.length || !isWhole(bytes.subarray(at, end))) {
      at++;
      continue;
    }
    pass(at, false);
    pass(end, true);
    at = end;
  }
  pass(bytes.length, false);
  return stretches;
}
