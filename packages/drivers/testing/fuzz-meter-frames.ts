import * as water from "../src/cjt188/answer.ts";
import * as waterFrame from "../src/cjt188/frame.ts";
import * as electricity from "../src/dlt645/answer.ts";
import * as electricityFrame from "../src/dlt645/frame.ts";
import { findItem } from "../src/dlt645/items.ts";
import { FrameScanner } from "../src/meter-line/frame-scanner.ts";

/** What became of the frames. */
export interface FuzzOutcome {
  readonly sentCount: number;
  readonly brokenCount: number;
  readonly foundCount: number;
  /** Intact answers, each behind garbage, that were taken as what they are. */
  readonly answeredCount: number;
  /** Broken ones that passed for the answer: two faults that cancel out in a sum of 8 bits. */
  readonly undetectedCount: number;
}

type Random = (below: number) => number;

/** What is done with one protocol. */
interface Protocol {
  readonly scanner: FrameScanner;
  /** An answer with this payload, intact. */
  encode(random: Random): { readonly frame: Buffer; readonly data: string };
  /** Data of an answer to the question, as hex; null if it is none. */
  take(frame: Buffer): string | null;
}

const METER = "000012345678";
const WATER_METER = "78330011223344";
const ITEM = "00010000";
const WATER_QUESTION: water.Question = {
  kind: 0x10,
  meter: WATER_METER,
  item: "901F",
  serial: 7,
  isItemSwapped: false,
};

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const randomBytes = (random: Random, count: number) =>
  Buffer.from(Array.from({ length: count }, () => random(256)));

function dlt645(): Protocol {
  const question = { meter: METER, item: ITEM, sequence: 0 };
  const id = Buffer.from(ITEM, "hex").reverse();
  return {
    scanner: new FrameScanner(electricityFrame.frameShape),
    encode(random) {
      const payload = randomBytes(random, random(12));
      const data = Uint8Array.from([...id, ...payload]);
      const frame = electricityFrame.encodeFrame({ meter: METER, control: 0x91, data });
      return { frame, data: hex(payload) };
    },
    take(frame) {
      const answer = electricity.judgeAnswer(electricityFrame.decodeFrame(frame), question);
      if (answer?.kind !== "data") return null;
      const item = findItem(ITEM);
      item?.format.decode(answer.data.subarray(0, item.format.byteCount), item.isSigned);
      return hex(answer.data);
    },
  };
}

function cjt188(): Protocol {
  const { kind, meter, serial } = WATER_QUESTION;
  return {
    scanner: new FrameScanner(waterFrame.frameShape),
    encode(random) {
      const payload = randomBytes(random, random(24));
      const data = Uint8Array.from([0x1f, 0x90, serial, ...payload]);
      const frame = waterFrame.encodeFrame({ kind, meter, control: 0x81, data });
      return { frame, data: hex(payload) };
    },
    take(frame) {
      const answer = water.judgeAnswer(waterFrame.decodeFrame(frame), WATER_QUESTION);
      return answer?.kind === "data" ? hex(answer.data) : null;
    },
  };
}

/**
 * Sends so many frames through the parsers of both meter protocols, half of them broken, with
 * garbage between them and cut where it falls. The same seed gives the same bytes. Throws if a
 * parser does; an intact frame behind garbage may be lost, so that they are counted.
 */
export function fuzzMeterFrames({ count, seed }: { count: number; seed: number }): FuzzOutcome {
  const random = randomOf(seed);
  const protocols = [dlt645(), cjt188()];
  const outcome = { brokenCount: 0, foundCount: 0, answeredCount: 0, undetectedCount: 0 };
  for (let sent = 0; sent < count; sent++) {
    const protocol = protocols[sent % protocols.length] as Protocol;
    const { frame, data } = protocol.encode(random);
    const isBroken = random(2) === 0;
    const bytes = isBroken ? damage(frame, random) : frame;
    if (isBroken && !bytes.equals(frame)) outcome.brokenCount++;
    const found = feed(protocol.scanner, Buffer.concat([garbage(random), bytes]), random);
    outcome.foundCount += found.length;
    for (const one of found) {
      const taken = protocol.take(one);
      if (taken === null) continue;
      if (taken === data && one.equals(frame)) outcome.answeredCount++;
      else outcome.undetectedCount++;
    }
  }
  return { sentCount: count, ...outcome };
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

/** Mostly little; bytes that mean something among those that do not. */
function garbage(random: Random): Buffer {
  const meaningful = [0x68, 0x16, 0xfe, 0x91, 0x81];
  const bytes = Array.from({ length: random(8) }, () =>
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
    return Buffer.concat([frame.subarray(0, at), randomBytes(random, 1), frame.subarray(at)]);
  }
  const changed = Buffer.from(frame);
  for (let change = random(3); change >= 0; change--) {
    changed[random(changed.length)] = random(256);
  }
  return changed;
}

function feed(scanner: FrameScanner, bytes: Buffer, random: Random): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random(bytes.length);
    found.push(...scanner.push(bytes.subarray(at, end)));
    at = end;
  }
  return found;
}
