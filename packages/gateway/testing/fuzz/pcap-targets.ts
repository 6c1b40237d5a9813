import {
  beginTrace,
  type FuzzRun,
  type FuzzTarget,
  type Random,
  randomBytes,
  target,
} from "@headgate/drivers/testing";
import type { LineProtocol, LineRecord } from "@headgate/model";
import { createRecorder } from "../../src/line/pcap.ts";

const PACKET_HEAD_LENGTH = 16;

/** Recordings of lines on which anything may have been seen. */
export function pcapTargets(protocols: Readonly<Record<string, LineProtocol>>): FuzzTarget[] {
  return Object.entries(protocols).map(([name, protocol]) =>
    target(`recording of ${name}`, (random) => beginRecording(protocol, random)),
  );
}

function beginRecording(protocol: LineProtocol, random: Random): FuzzRun<LineRecord> {
  const recorder = createRecorder(protocol);
  const { make } = beginTrace(protocol.createFrameReader(), frame, random);
  return {
    make,
    take(record) {
      const packets = recorder.take(record);
      const count = countPackets(packets);
      return count > 0 ? "answer" : "refusal";
    },
  };
}

/** Something of the length of a frame: what it means the readers of lines are asked. */
function frame(random: Random): Buffer {
  return randomBytes(random, 4 + random(30));
}

/** As Wireshark reads them: each with its length, up to the last byte. */
function countPackets(bytes: Buffer): number {
  let count = 0;
  for (let at = 0; at < bytes.length; count++) {
    const length = bytes.readUInt32LE(at + 8);
    if (length !== bytes.readUInt32LE(at + 12) || bytes.readUInt32LE(at + 4) >= 1_000_000) {
      throw new Error(`packet ${count} is none`);
    }
    at += PACKET_HEAD_LENGTH + length;
    if (at > bytes.length) throw new Error(`packet ${count} ends behind the last byte`);
  }
  return count;
}
