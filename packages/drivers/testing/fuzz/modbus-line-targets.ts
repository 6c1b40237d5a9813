import type { FrameReader, LineRecord } from "@headgate/model";
import { answersIn, hearRtu } from "../../src/modbus/search/heard.ts";
import { identifyUnit } from "../../src/modbus/search/identification.ts";
import { lookAt } from "../../src/modbus/search/look.ts";
import { RtuFrameReader } from "../../src/modbus/trace/rtu-frame-reader.ts";
import { TcpFrameReader } from "../../src/modbus/trace/tcp-frame-reader.ts";
import { rtuFrame } from "../virtual-framing.ts";
import { garbage, vary } from "./damage.ts";
import { type FuzzRun, type FuzzTarget, target } from "./fuzz-target.ts";
import { pick, type Random, randomBytes } from "./random.ts";

/** What is made of a Modbus line by those who watch it, and who look for devices. */
export const MODBUS_LINE_TARGETS: readonly FuzzTarget[] = [
  target("modbus rtu trace", (random) => beginTrace(new RtuFrameReader(), rtuRecord, random)),
  target("modbus tcp trace", (random) => beginTrace(new TcpFrameReader(), tcpRecord, random)),
  target("modbus identification", beginIdentification),
];

const CODES = [1, 2, 3, 4, 5, 6, 15, 16, 17, 43, 0x83, 0xab, 0xff, 0];
const MEANINGFUL = [0, 1, 3, 0x83, 0xff];

/** A reader of records tells of every byte once, whatever comes. */
export function beginTrace(
  reader: FrameReader,
  record: (random: Random) => Buffer,
  random: Random,
): FuzzRun<LineRecord> {
  let atMs = 0;
  let [seen, told] = [0, 0];
  return {
    make() {
      atMs++;
      if (random(50) === 0) return { kind: "opened", atMs, bytes: Buffer.alloc(0) };
      if (random(2) === 0) return { kind: "sent", atMs, bytes: record(random) };
      const bytes = Buffer.concat([garbage(random, MEANINGFUL), vary(random, record)]);
      return { kind: "received", atMs, bytes: bytes.subarray(0, random(bytes.length + 1)) };
    },
    take(given) {
      seen += given.bytes.length;
      const frames = reader.take(given);
      for (const { bytes, text } of frames) {
        told += bytes.length;
        if (typeof text !== "string") throw new Error("a frame without a text");
      }
      if (told > seen) throw new Error(`${told} bytes were told of ${seen}`);
      return frames.some(({ fault }) => fault === null) ? "answer" : "refusal";
    },
  };
}

function pduOf(random: Random): Buffer {
  const code = pick(random, CODES);
  const values = randomBytes(random, random(24));
  if (code <= 4 && random(2) === 0) {
    return Buffer.concat([Buffer.from([code, values.length]), values]);
  }
  return Buffer.concat([Buffer.from([code]), randomBytes(random, 4), values]);
}

function rtuRecord(random: Random): Buffer {
  return rtuFrame(1 + random(2), pduOf(random));
}

function tcpRecord(random: Random): Buffer {
  const pdu = pduOf(random);
  const header = Buffer.from([0, random(4), 0, 0, 0, pdu.length + 1, 1]);
  return Buffer.concat([header, pdu]);
}

/** Heard off the line, as answers to each question in turn. */
function beginIdentification(random: Random): FuzzRun<readonly Buffer[]> {
  return {
    make: () => Array.from({ length: 4 }, () => vary(random, identificationFrame)),
    async take(answers) {
      let turn = 0;
      const hear = (pdu: Buffer) => {
        const bytes = answers[turn++ % answers.length] as Buffer;
        return hearRtu(bytes, rtuFrame(1, pdu));
      };
      const look = await lookAt(1, async (pdu) => ({ ...hear(pdu), answerMs: 1 }));
      const identity = await identifyUnit(async (pdu) => {
        const [answer] = answersIn(hear(pdu).frames, { unitId: 1, pdu });
        return answer?.pdu ?? null;
      });
      if (turn > 32) throw new Error(`${turn} questions were asked`);
      const texts = identity === null ? [] : Object.values(identity);
      if (texts.some((text) => text.length > 64 || /\p{Cc}/u.test(text))) {
        throw new Error(`a text that terminals obey: ${JSON.stringify(identity)}`);
      }
      return identity !== null || look.outcome === "present" ? "answer" : "refusal";
    },
  };
}

function identificationFrame(random: Random): Buffer {
  if (random(4) === 0) return rtuFrame(1, pduOf(random));
  if (random(4) === 0) {
    const text = randomBytes(random, random(20));
    return rtuFrame(1, Buffer.concat([Buffer.from([17, text.length]), text]));
  }
  const objects = Array.from({ length: random(5) }, (_, id) => {
    const text = Buffer.from(
      pick(random, ["Meter", "电表", "\u0007\u001b[2J", "", "A".repeat(60)]),
    );
    return Buffer.concat([Buffer.from([id, text.length]), text]);
  });
  const more = random(2) === 0 ? 0xff : 0;
  const head = [43, 14, 1 + random(2), pick(random, [1, 2, 0x82, 3]), more, random(8)];
  return rtuFrame(1, Buffer.concat([Buffer.from([...head, objects.length]), ...objects]));
}
