import { splitRtuFrames } from "../rtu-frames.ts";

/** A sound frame off a line, without its checksum. */
export interface HeardFrame {
  readonly unitId: number;
  readonly pdu: Buffer;
}

/** What came after one question. */
export interface Heard {
  readonly frames: readonly HeardFrame[];
  /** Bytes that are part of no sound frame. */
  readonly noiseCount: number;
  /** From the question's last byte to the answer's first, about; null without one. */
  readonly answerMs: number | null;
}

const CRC_LENGTH = 2;

/** What an RTU line carried after `asked` went out: an adapter's echo of it is no answer. */
export function hearRtu(bytes: Buffer, asked: Buffer): Omit<Heard, "answerMs"> {
  const echoAt = bytes.indexOf(asked);
  const parts =
    echoAt < 0 ? [bytes] : [bytes.subarray(0, echoAt), bytes.subarray(echoAt + asked.length)];
  const stretches = parts.flatMap((part) => splitRtuFrames(part));
  const frames = stretches
    .filter(({ isSound }) => isSound)
    .map(({ bytes: frame }) => {
      return { unitId: frame[0] as number, pdu: frame.subarray(1, -CRC_LENGTH) };
    });
  const noise = stretches.filter(({ isSound }) => !isSound);
  return { frames, noiseCount: noise.reduce((sum, { bytes: { length } }) => sum + length, 0) };
}

/** Those that answer this question: its function, or its refusal, from the unit asked. */
export function answersIn(
  frames: readonly HeardFrame[],
  { unitId, pdu }: HeardFrame,
): readonly HeardFrame[] {
  const code = pdu[0] as number;
  return frames.filter((frame) => {
    return frame.unitId === unitId && ((frame.pdu[0] as number) & 0x7f) === code;
  });
}
