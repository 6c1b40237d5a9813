import { systemClock } from "@headgate/model";
import { toAscii } from "../src/modbus/ascii-frames.ts";
import { asciiWire } from "../src/modbus/ascii-wire.ts";
import type { Port } from "../src/modbus/port.ts";
import { RtuPort } from "../src/modbus/rtu-port.ts";
import { walkSunspec } from "../src/modbus/sunspec/walk.ts";
import { TcpPort } from "../src/modbus/tcp-port.ts";
import { RtuFrameReader } from "../src/modbus/trace/rtu-frame-reader.ts";
import { TcpFrameReader } from "../src/modbus/trace/tcp-frame-reader.ts";
import type { Wire } from "../src/wire/wire.ts";
import { rtuFrame } from "./virtual-framing.ts";

/** Whose parser is fed. */
export const FUZZED = ["rtu", "tcp", "ascii", "rtu trace", "tcp trace", "sunspec"] as const;
export type Fuzzed = (typeof FUZZED)[number];

/** What became of the frames. */
export interface ModbusFuzzOutcome {
  readonly sentCount: number;
  /** Intact answers that were taken. */
  readonly takenCount: number;
  /** Answers that were taken and are none: not intact, or to another question. */
  readonly wrongCount: number;
  /** Times the parser gave the line up, as it may where the far side speaks something else. */
  readonly lostCount: number;
}

type Random = (below: number) => number;

/**
 * Feeds so many frames to one parser: half of them broken, with garbage between, cut where it
 * falls. The same seed gives the same bytes. Throws if the parser does.
 */
export async function fuzzModbusFrames(
  parser: Fuzzed,
  { count, seed }: { count: number; seed: number },
): Promise<ModbusFuzzOutcome> {
  const random = randomOf(seed);
  if (parser === "sunspec") return await fuzzWalks(random, count);
  if (parser === "rtu trace" || parser === "tcp trace") return fuzzTrace(parser, random, count);
  return fuzzPort(parser, random, count);
}

/** A wire that nobody is behind. */
class HeldWire implements Wire {
  receive: (bytes: Buffer) => void = () => {};
  sent: Buffer = Buffer.alloc(0);
  write(bytes: Buffer): void {
    this.sent = bytes;
  }
  listen(onBytes: (bytes: Buffer) => void): void {
    this.receive = onBytes;
  }
  destroy(): void {}
}

interface FuzzedPort {
  readonly port: Port;
  readonly wire: HeldWire;
  answer: Buffer | null;
  isLost: boolean;
}

function openPort(parser: "rtu" | "tcp" | "ascii"): FuzzedPort {
  const wire = new HeldWire();
  const seen = parser === "ascii" ? asciiWire(wire) : wire;
  const options = { wire: seen, clock: systemClock, pauseMs: 0, byteMs: 0 };
  const port = parser === "tcp" ? new TcpPort(options) : new RtuPort(options);
  const fuzzed: FuzzedPort = { port, wire, answer: null, isLost: false };
  port.on("data", (bytes: Buffer) => {
    fuzzed.answer = bytes;
  });
  port.on("close", () => {
    fuzzed.isLost = true;
  });
  port.open(() => {});
  return fuzzed;
}

function fuzzPort(parser: "rtu" | "tcp" | "ascii", random: Random, count: number) {
  const outcome = { sentCount: count, takenCount: 0, wrongCount: 0, lostCount: 0 };
  let fuzzed = openPort(parser);
  for (let sent = 0; sent < count; sent++) {
    const registers = 1 + random(8);
    const asked = rtuFrame(1, Buffer.from([3, 0, random(256), 0, registers]));
    const answer = rtuFrame(1, Buffer.from([3, 2 * registers, ...bytesOf(random, 2 * registers)]));
    fuzzed.port.write(asked);
    const frame = onWire(parser, answer, fuzzed.wire.sent);
    const bytes = random(2) === 0 ? damage(frame, random) : frame;
    feed(fuzzed.wire, Buffer.concat([garbage(random), bytes]), random);
    const taken = takeAnswer(fuzzed);
    if (taken?.equals(answer)) outcome.takenCount++;
    // Modbus TCP has no checksum: what stands in a sound header is the answer.
    else if (taken && parser !== "tcp") outcome.wrongCount++;
    fuzzed.port.forget();
    if (!fuzzed.isLost) continue;
    outcome.lostCount++;
    fuzzed = openPort(parser);
  }
  return outcome;
}

function takeAnswer(fuzzed: FuzzedPort): Buffer | null {
  const { answer } = fuzzed;
  fuzzed.answer = null;
  return answer;
}

function onWire(parser: "rtu" | "tcp" | "ascii", answer: Buffer, sent: Buffer): Buffer {
  if (parser === "rtu") return answer;
  if (parser === "ascii") return toAscii(answer);
  const body = answer.subarray(0, -2);
  const header = Buffer.from([sent[0] ?? 0, sent[1] ?? 0, 0, 0, 0, body.length]);
  return Buffer.concat([header, body]);
}

function fuzzTrace(parser: "rtu trace" | "tcp trace", random: Random, count: number) {
  const isTcp = parser === "tcp trace";
  const reader = isTcp ? new TcpFrameReader() : new RtuFrameReader();
  const outcome = { sentCount: count, takenCount: 0, wrongCount: 0, lostCount: 0 };
  for (let sent = 0; sent < count; sent++) {
    const body = Buffer.from([1, random(128), ...bytesOf(random, 4 + random(8))]);
    const header = Buffer.from([random(4), random(4), 0, 0, 0, body.length]);
    const frame = isTcp ? Buffer.concat([header, body]) : rtuFrame(1, body.subarray(1));
    const kind = random(2) === 0 ? "sent" : "received";
    const isBroken = kind === "received" && random(2) === 0;
    const bytes = isBroken ? Buffer.concat([garbage(random), damage(frame, random)]) : frame;
    const frames = reader.take({ kind, atMs: sent, bytes });
    outcome.takenCount += frames.length;
  }
  reader.end();
  return outcome;
}

/** Each walk reads a device whose registers are rubbish, some of it a chain. */
async function fuzzWalks(random: Random, count: number): Promise<ModbusFuzzOutcome> {
  const outcome = { sentCount: count, takenCount: 0, wrongCount: 0, lostCount: 0 };
  for (let sent = 0; sent < count; ) {
    const chain = await walkSunspec(async (from) => {
      sent++;
      if (random(40) === 0) return null;
      if (from === 40_000) return [0x5375, 0x6e53];
      return random(60) === 0 ? [0xffff, 0] : [random(0x1_0000), random(300)];
    });
    if (chain) outcome.takenCount++;
    else outcome.lostCount++;
  }
  return outcome;
}

const bytesOf = (random: Random, count: number) => Array.from({ length: count }, () => random(256));

/** Mostly little; bytes that mean something among those that do not. */
function garbage(random: Random): Buffer {
  const meaningful = [0, 1, 3, 0x83, 0x3a, 0x0d, 0x0a];
  const bytes = Array.from({ length: random(6) }, () =>
    random(2) === 0 ? (meaningful[random(meaningful.length)] as number) : random(256),
  );
  return Buffer.from(bytes);
}

function damage(frame: Buffer, random: Random): Buffer {
  const at = random(frame.length);
  const kind = random(4);
  if (kind === 0) return frame.subarray(0, at);
  if (kind === 1) return Buffer.concat([frame.subarray(0, at), frame.subarray(at + 1)]);
  if (kind === 2) {
    const more = Buffer.from(bytesOf(random, 1));
    return Buffer.concat([frame.subarray(0, at), more, frame.subarray(at)]);
  }
  const changed = Buffer.from(frame);
  for (let change = random(3); change >= 0; change--) changed[random(changed.length)] = random(256);
  return changed;
}

function feed(wire: HeldWire, bytes: Buffer, random: Random): void {
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random(bytes.length);
    wire.receive(bytes.subarray(at, end));
    at = end;
  }
}

/** Numbers below a limit, the same for the same seed (xorshift of 32 bits). */
function randomOf(seed: number): Random {
  let state = seed | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
