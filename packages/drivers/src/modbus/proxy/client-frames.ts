/** Transaction id, protocol id 0, length. */
const HEADER_LENGTH = 6;
/** The length field counts the unit id and a PDU of 1 to 253 bytes. */
const LENGTH_MIN = 2;
const LENGTH_MAX = 254;

/** A request as a client sent it. */
export interface ClientFrame {
  readonly transactionId: number;
  readonly unitId: number;
  readonly pdu: Buffer;
}

/** Takes the first frame of what a client has sent: null if it is not whole, "garbage" if none. */
export function takeFrame(
  bytes: Buffer,
): { readonly frame: ClientFrame; readonly rest: Buffer } | "garbage" | null {
  // What cannot become a frame is known by its first bytes: nobody waits for the rest.
  if (bytes.length >= 4 && bytes.readUInt16BE(2) !== 0) return "garbage";
  if (bytes.length < HEADER_LENGTH) return null;
  const length = bytes.readUInt16BE(4);
  if (length < LENGTH_MIN || length > LENGTH_MAX) return "garbage";
  const end = HEADER_LENGTH + length;
  if (bytes.length < end) return null;
  const frame = {
    transactionId: bytes.readUInt16BE(0),
    unitId: bytes[HEADER_LENGTH] as number,
    pdu: bytes.subarray(HEADER_LENGTH + 1, end),
  };
  return { frame, rest: bytes.subarray(end) };
}

/** An answer to it. */
export function answerFrame({ transactionId, unitId }: ClientFrame, pdu: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_LENGTH + 1 + pdu.length);
  frame.writeUInt16BE(transactionId, 0);
  frame.writeUInt16BE(0, 2);
  frame.writeUInt16BE(1 + pdu.length, 4);
  frame[HEADER_LENGTH] = unitId;
  pdu.copy(frame, HEADER_LENGTH + 1);
  return frame;
}
