import { createAsciiReader, toAscii } from "../src/modbus/ascii-frames.ts";
import { crc16 } from "../src/modbus/crc16.ts";
import type { ModbusFaults } from "./answer-faults.ts";

/** How requests come in: with MBAP headers, as RTU frames with a CRC, or as ASCII lines. */
export type VirtualFraming = "tcp" | "rtu" | "ascii";

/** A request as it came, and how an answer to it stands on the same line. */
export interface VirtualRequest {
  readonly unitId: number;
  readonly pdu: Buffer;
  readonly bytes: Buffer;
  frame(unitId: number, pdu: Buffer): Buffer;
}

/** Gives requests as they come, in whatever pieces. */
export type RequestReader = (bytes: Buffer) => VirtualRequest[];

const READERS: Readonly<Record<VirtualFraming, () => RequestReader>> = {
  tcp: tcpRequests,
  rtu: rtuRequests,
  ascii: asciiRequests,
};

export function requestReader(framing: VirtualFraming): RequestReader {
  return READERS[framing]();
}

/** The frame of an answer, with what the device gets wrong in it. */
export function frameOf(
  request: VirtualRequest,
  { unitId, pdu }: { readonly unitId: number; readonly pdu: Buffer },
  faults: ModbusFaults,
): Buffer {
  const said = faults.exception === null ? pdu : exceptionPdu(request.pdu, faults.exception);
  const own = faults.isOtherFunction ? withOtherFunction(said) : said;
  const frame = request.frame(faults.answersAsUnit ?? unitId, own);
  if (!isTcp(request)) return frame;
  if (faults.isOtherId) frame.writeUInt16BE((frame.readUInt16BE(0) + 0x55) & 0xffff, 0);
  if (faults.isEndless) frame.writeUInt16BE(0xffff, 4);
  return frame;
}

export function exceptionPdu(pdu: Buffer, code: number): Buffer {
  return Buffer.from([(pdu[0] as number) | 0x80, code]);
}

function withOtherFunction(pdu: Buffer): Buffer {
  const own = Buffer.from(pdu);
  own[0] = (pdu[0] as number) === 3 ? 4 : 3;
  return own;
}

const MBAP_LENGTH = 7;
const isTcp = ({ bytes, pdu }: VirtualRequest) => bytes.length === MBAP_LENGTH + pdu.length;

function tcpRequests(): RequestReader {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes;
    const requests: VirtualRequest[] = [];
    while (rest.length >= MBAP_LENGTH) {
      const end = MBAP_LENGTH - 1 + rest.readUInt16BE(4);
      if (rest.length < end) break;
      requests.push(tcpRequest(rest.subarray(0, end)));
      rest = rest.subarray(end);
    }
    return requests;
  };
}

function tcpRequest(bytes: Buffer): VirtualRequest {
  return {
    bytes,
    unitId: bytes[6] as number,
    pdu: bytes.subarray(MBAP_LENGTH),
    frame(unitId, pdu) {
      const header = Buffer.alloc(MBAP_LENGTH);
      bytes.copy(header, 0, 0, 2);
      header.writeUInt16BE(pdu.length + 1, 4);
      header[6] = unitId;
      return Buffer.concat([header, pdu]);
    },
  };
}

/** An RTU frame: unit id, PDU and CRC. */
export function rtuFrame(unitId: number, pdu: Buffer): Buffer {
  const frame = Buffer.concat([Buffer.from([unitId]), pdu, Buffer.alloc(2)]);
  frame.writeUInt16LE(crc16(frame, 0, frame.length - 2), frame.length - 2);
  return frame;
}

/** Requests are told from noise by their CRC. */
function rtuRequests(): RequestReader {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]).subarray(-600);
    const requests: VirtualRequest[] = [];
    for (let at = 0; at + 8 <= rest.length; ) {
      const isMany = rest[at + 1] === 15 || rest[at + 1] === 16;
      const end = at + (isMany ? 7 + (rest[at + 6] as number) : 6);
      const isWhole = end + 2 <= rest.length && crc16(rest, at, end) === rest.readUInt16LE(end);
      if (!isWhole) {
        at++;
        continue;
      }
      requests.push(serialRequest(rest.subarray(at, end + 2), rtuFrame));
      rest = rest.subarray(end + 2);
      at = 0;
    }
    return requests;
  };
}

function asciiRequests(): RequestReader {
  const read = createAsciiReader();
  return (bytes) =>
    read(bytes).map((frame) => ({
      ...serialRequest(frame, (unitId, pdu) => toAscii(rtuFrame(unitId, pdu))),
      bytes: toAscii(frame),
    }));
}

function serialRequest(bytes: Buffer, frame: VirtualRequest["frame"]): VirtualRequest {
  return { bytes, unitId: bytes[0] as number, pdu: bytes.subarray(1, -2), frame };
}
