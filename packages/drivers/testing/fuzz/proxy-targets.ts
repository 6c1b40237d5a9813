import { answerFrame, takeFrame } from "../../src/modbus/proxy/client-frames.ts";
import { answerPdu, exceptionPdu, parseRequest } from "../../src/modbus/proxy/client-request.ts";
import { roleOf } from "../../src/modbus/proxy/role-of.ts";
import { isRead, type Request, readLength } from "../../src/modbus/request.ts";
import { inPieces, vary } from "./damage.ts";
import { type FuzzRun, type FuzzTarget, target } from "./fuzz-target.ts";
import { pick, type Random, randomBytes } from "./random.ts";

/** What other masters send to the proxy. */
export const PROXY_TARGETS: readonly FuzzTarget[] = [
  target("proxy requests", beginRequests),
  target("proxy roles", beginRoles),
];

/** A client's bytes as its session takes them: frames one after the other, until it is let go. */
function beginRequests(random: Random): FuzzRun<readonly Buffer[]> {
  let rest: Buffer = Buffer.alloc(0);
  return {
    make: () => inPieces(vary(random, requestFrame), random),
    take(pieces) {
      let answered = 0;
      for (const piece of pieces) {
        rest = Buffer.concat([rest, piece]);
        for (;;) {
          const taken = takeFrame(rest);
          if (taken === null) break;
          if (taken === "garbage") {
            rest = Buffer.alloc(0);
            return "refusal";
          }
          rest = taken.rest;
          const { frame } = taken;
          const answer = answerFrame(frame, answerTo(parseRequest(frame), frame.pdu));
          if (answer.length > 260) throw new Error(`an answer of ${answer.length} bytes`);
          answered += (answer[7] as number) < 0x80 ? 1 : 0;
        }
      }
      if (rest.length > 260) throw new Error(`${rest.length} bytes are kept of one frame`);
      return answered > 0 ? "answer" : "refusal";
    },
  };
}

function answerTo(request: Request | number, pdu: Buffer): Buffer {
  if (typeof request === "number") return exceptionPdu(pdu, request);
  const { from } = request;
  const count = isRead(request) ? request.count : countOf(request);
  if (count < 1 || from + count > 0x10000) throw new Error(`asks for ${count} from ${from}`);
  const length = isRead(request) ? readLength(request.code, count) : 0;
  return answerPdu(request, pdu, Buffer.alloc(length));
}

function countOf(request: Exclude<Request, { code: 1 | 2 | 3 | 4 }>): number {
  return "bits" in request ? request.bits.length : request.bytes.length / 2;
}

function requestFrame(random: Random): Buffer {
  const code = pick(random, [1, 2, 3, 4, 5, 6, 15, 16, 22, 43, 0x83]);
  const count = random(130);
  const head = Buffer.alloc(5);
  head[0] = code;
  head.writeUInt16BE(random(0x10000), 1);
  head.writeUInt16BE(code === 5 ? pick(random, [0, 0xff00, 1]) : count, 3);
  const length = code === 15 ? Math.ceil(count / 8) : Math.min(246, count * 2);
  const isLong = code === 15 || code === 16;
  const values = Buffer.concat([Buffer.from([length]), randomBytes(random, length)]);
  const pdu = isLong ? Buffer.concat([head, values]) : head;
  return answerFrame({ transactionId: random(0x10000), unitId: random(256), pdu }, pdu);
}

const ROLE = Buffer.from("060b2b0601040183890c862201", "hex");
const CRITICAL = Buffer.from("0101ff", "hex");

function der(type: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 0x80 ? [type, length] : [type, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

/** As much of a certificate as is looked at, with a role among its extensions. */
function certificate(random: Random): Buffer {
  const text = pick(random, ["operator", "viewer", "", "操作员", "a".repeat(200)]);
  const value = der(0x04, der(0x0c, Buffer.from(text)));
  const critical = random(2) === 0 ? [CRITICAL] : [];
  const other = der(0x30, Buffer.from("0603551d0f", "hex"), randomBytes(random, random(20)));
  const list = der(0x30, other, der(0x30, ROLE, ...critical, value));
  return der(0x30, der(0x30, der(0x02, Buffer.from([1])), der(0xa3, list)));
}

function beginRoles(random: Random): FuzzRun<Buffer> {
  return {
    make: () => vary(random, certificate),
    take(bytes) {
      const role = roleOf(bytes);
      if (role !== null && role.length > bytes.length) throw new Error("a role out of nothing");
      return role === null ? "refusal" : "answer";
    },
  };
}
