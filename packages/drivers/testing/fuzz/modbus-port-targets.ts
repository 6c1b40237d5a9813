import { systemClock } from "@headgate/model";
import { toAscii } from "../../src/modbus/ascii-frames.ts";
import { asciiWire } from "../../src/modbus/ascii-wire.ts";
import { type Client, loadClient, send } from "../../src/modbus/client.ts";
import type { Port } from "../../src/modbus/port.ts";
import { judgeReadAnswer, judgeReply, type Reply } from "../../src/modbus/reply.ts";
import { isRead, type Read, type Request, readLength } from "../../src/modbus/request.ts";
import { RtuPort } from "../../src/modbus/rtu-port.ts";
import { TcpPort } from "../../src/modbus/tcp-port.ts";
import { rtuFrame } from "../virtual-framing.ts";
import { damage, garbage, inPieces, vary } from "./damage.ts";
import { type FuzzRun, type FuzzTarget, target, type Verdict } from "./fuzz-target.ts";
import { HeldWire } from "./held-wire.ts";
import { pick, type Random, randomBytes } from "./random.ts";

type Kind = "tcp" | "rtu" | "ascii";

interface Exchange {
  readonly request: Request;
  /** What the device says, as an RTU frame. */
  readonly answer: Buffer;
  /** What comes over the line instead; cut where it falls. */
  readonly said: (sent: Buffer) => Buffer[];
}

const UNIT = 1;
const MEANINGFUL = [0, 1, 3, 0x83, 0x3a, 0x0d, 0x0a];

/** Our side of Modbus, down to the judgement of each answer, over each framing. */
export async function modbusPortTargets(): Promise<FuzzTarget[]> {
  const createClient = await loadClient();
  const begin = (kind: Kind) => (random: Random) => beginPort(kind, createClient, random);
  return [
    // CRC-16 lets one of 65,536 through, the sum of ASCII one of 256.
    target("modbus tcp answers", begin("tcp")),
    target("modbus rtu answers", begin("rtu"), { wrongPerMillionMax: 40 }),
    target("modbus ascii answers", begin("ascii"), { wrongPerMillionMax: 2000 }),
  ];
}

function beginPort(
  kind: Kind,
  createClient: (port: Port) => Client,
  random: Random,
): FuzzRun<Exchange> {
  let line = openLine(kind, createClient);
  return {
    make: () => makeExchange(kind, random),
    take({ request, answer, said }) {
      const reply = line.ask(request, said);
      if (line.isLost()) line = openLine(kind, createClient);
      return judge(kind, { request, answer, reply });
    },
  };
}

function openLine(kind: Kind, createClient: (port: Port) => Client) {
  const wire = new HeldWire();
  const seen = kind === "ascii" ? asciiWire(wire) : wire;
  const options = { wire: seen, clock: systemClock, pauseMs: 0, byteMs: 0 };
  const port = kind === "tcp" ? new TcpPort(options) : new RtuPort(options);
  const client = createClient(port);
  let isLost = false;
  port.on("close", () => {
    isLost = true;
  });
  client.on("error", () => {
    // The port tells it too.
  });
  client.open(() => {});
  return {
    isLost: () => isLost,
    /** Null if no answer was heard. */
    ask(request: Request, said: Exchange["said"]): Reply | null {
      let reply: Reply | null = null;
      if (isRead(request)) {
        port.request(request, 0, (bytes, at) => {
          reply = judgeReadAnswer(request, bytes, at);
        });
      } else {
        send(client, request, (error, answer) => {
          reply = judgeReply(request, error, answer);
        });
      }
      for (const piece of said(wire.sent)) wire.receive(piece);
      // As it is looked at when the time is over.
      if (reply === null) void port.silence;
      void port.strayFrameCount();
      port.forget();
      return reply;
    },
  };
}

function makeExchange(kind: Kind, random: Random): Exchange {
  const request = makeRequest(random);
  const answer = makeAnswer(request, random);
  // Drawn now, so that the same seed gives the same bytes.
  const isTouched = random(3) > 0;
  const before = random(2) === 0 ? garbage(random, MEANINGFUL) : Buffer.alloc(0);
  const foreign = random(8) === 0 ? randomBytes(random, random(300)) : null;
  return {
    request,
    answer,
    said(sent) {
      const frame = onWire(kind, answer, sent);
      const touched = random(2) === 0 ? damage(frame, random) : vary(random, () => frame);
      const bytes = foreign ?? (isTouched ? touched : frame);
      return inPieces(Buffer.concat([before, bytes]), random);
    },
  };
}

function makeRequest(random: Random): Request {
  const place = { unitId: UNIT, from: random(0xff00) };
  switch (random(8)) {
    case 0:
      return { ...place, code: 5, bits: [random(2) === 0] };
    case 1:
      return { ...place, code: 6, bytes: randomBytes(random, 2) };
    case 2:
      return { ...place, code: 15, bits: Array.from({ length: 1 + random(20) }, () => true) };
    case 3:
      return { ...place, code: 16, bytes: randomBytes(random, 2 * (1 + random(8))) };
    default:
      return { ...place, code: pick(random, [1, 2, 3, 4] as const), count: 1 + random(20) };
  }
}

function makeAnswer(request: Request, random: Random): Buffer {
  const { code, from } = request;
  if (random(8) === 0) return rtuFrame(UNIT, Buffer.from([code | 0x80, random(256)]));
  if (isRead(request)) {
    const length = readLength(code, request.count);
    return rtuFrame(
      UNIT,
      Buffer.concat([Buffer.from([code, length]), randomBytes(random, length)]),
    );
  }
  const pdu = Buffer.alloc(5);
  pdu[0] = code;
  pdu.writeUInt16BE(from, 1);
  if (request.code === 5) pdu.writeUInt16BE(request.bits[0] ? 0xff00 : 0, 3);
  else if (request.code === 6) request.bytes.copy(pdu, 3);
  else if (request.code === 15) pdu.writeUInt16BE(request.bits.length, 3);
  else if (request.code === 16) pdu.writeUInt16BE(request.bytes.length / 2, 3);
  return rtuFrame(UNIT, pdu);
}

function onWire(kind: Kind, answer: Buffer, sent: Buffer): Buffer {
  if (kind === "rtu") return answer;
  if (kind === "ascii") return toAscii(answer);
  const body = answer.subarray(0, -2);
  const header = Buffer.from([sent[0] ?? 0, sent[1] ?? 0, 0, 0, 0, body.length]);
  return Buffer.concat([header, body]);
}

interface Heard {
  readonly request: Request;
  readonly answer: Buffer;
  readonly reply: Reply | null;
}

/** Modbus TCP has no checksum: what stands in a sound header is the answer. */
function judge(kind: Kind, { request, answer, reply }: Heard): Verdict {
  if (reply === null || reply.kind === "silence" || reply.kind === "malformed") return "refusal";
  if (kind === "tcp") return "answer";
  const isException = ((answer[1] as number) & 0x80) !== 0;
  if (reply.kind === "exception") {
    return isException && reply.code === answer[2] ? "answer" : "wrong";
  }
  if (isException) return "wrong";
  const isSame = !isRead(request) || reply.bytes.equals(valuesOf(request, answer));
  return isSame ? "answer" : "wrong";
}

function valuesOf({ code, count }: Read, answer: Buffer): Buffer {
  return answer.subarray(3, 3 + readLength(code, count));
}
