import type { FrameFault, FrameReader, LineFrame, LineProtocol, LineRecord } from "@headgate/model";
import { type FrameShape, splitFrames } from "./frame-scanner.ts";

/** What one frame says. */
export interface FrameText {
  readonly meter: string;
  readonly kind: "request" | "answer" | "refusal";
  readonly text: string;
}

/** What a protocol knows of frames that it did not ask for. */
export interface FrameTeller {
  readonly shape: FrameShape;
  tell(frame: Buffer): FrameText;
  /** Whether a frame of `meter` can be the answer of the one asked for. */
  isFrom(meter: string, asked: string): boolean;
}

/** Bytes that meters send before a frame, or not. */
const PREAMBLE = 0xfe;
/** What may still become a frame; what is longer is none. */
const REST_MAX = 512;

/** How lines with such meters are read by people; Wireshark does not know them. */
export function meterLineProtocol(teller: FrameTeller): LineProtocol {
  return {
    medium: "serial",
    port: 0,
    tsharkOptions: "",
    createFrameReader: () => new MeterFrameReader(teller),
  };
}

interface Asked {
  readonly atMs: number;
  readonly bytes: Buffer;
  readonly meter: string;
}

class MeterFrameReader implements FrameReader {
  readonly #teller: FrameTeller;
  #asked: Asked | null = null;
  #isAnswered = false;
  #rest: Buffer = Buffer.alloc(0);
  #restAtMs = 0;

  constructor(teller: FrameTeller) {
    this.#teller = teller;
  }

  take({ kind, atMs, bytes }: LineRecord): LineFrame[] {
    if (kind === "received") return this.#received(Buffer.from(bytes), atMs);
    const frames = this.end();
    this.#asked = null;
    return kind === "opened" ? frames : [...frames, this.#sent(Buffer.from(bytes), atMs)];
  }

  end(): LineFrame[] {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest.every((byte) => byte === PREAMBLE) ? [] : [noise(rest, this.#restAtMs)];
  }

  #sent(bytes: Buffer, atMs: number): LineFrame {
    const sound = splitFrames(bytes, this.#teller.shape).find(({ isSound }) => isSound);
    const frame = { atMs, direction: "sent", bytes, fault: null, roundTripMs: null } as const;
    if (!sound) return { ...frame, unit: null, text: `${bytes.length} bytes that are no frame` };
    const { meter, text } = this.#teller.tell(sound.bytes);
    this.#asked = { atMs, bytes: sound.bytes, meter };
    this.#isAnswered = false;
    return { ...frame, unit: meter, text };
  }

  #received(bytes: Buffer, atMs: number): LineFrame[] {
    if (this.#rest.length === 0) this.#restAtMs = atMs;
    const stretches = splitFrames(Buffer.concat([this.#rest, bytes]), this.#teller.shape);
    const lastSound = stretches.findLastIndex(({ isSound }) => isSound);
    const whole = stretches.slice(0, lastSound + 1);
    this.#rest = Buffer.concat(stretches.slice(lastSound + 1).map((stretch) => stretch.bytes));
    if (whole.length > 0) this.#restAtMs = atMs;
    const frames = whole.flatMap((stretch) => {
      if (stretch.isSound) return [this.#frameOf(stretch.bytes, atMs)];
      return stretch.bytes.every((byte) => byte === PREAMBLE) ? [] : [noise(stretch.bytes, atMs)];
    });
    return this.#rest.length > REST_MAX ? [...frames, ...this.end()] : frames;
  }

  #frameOf(bytes: Buffer, atMs: number): LineFrame {
    const { meter, kind, text } = this.#teller.tell(bytes);
    const frame = { atMs, direction: "received", bytes, unit: meter } as const;
    const asked = this.#asked;
    if (asked?.bytes.equals(bytes)) {
      return { ...frame, text: "echo of the request", fault: null, roundTripMs: null };
    }
    const isOurs = kind !== "request" && asked && this.#teller.isFrom(meter, asked.meter);
    if (!isOurs) return { ...frame, text, fault: "foreign", roundTripMs: null };
    let fault: FrameFault | null = kind === "refusal" ? "exception" : null;
    if (this.#isAnswered) fault = "late";
    this.#isAnswered = true;
    return { ...frame, text, fault, roundTripMs: atMs - asked.atMs };
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
