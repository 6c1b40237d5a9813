import type { Sample } from "@headgate/model";
import { receiveStatus } from "@headgate/sync/receiver";
import { afterEach, expect, it } from "vitest";
import { Mosquitto } from "./peers/mosquitto.ts";
import { WholeLine } from "./peers/whole-line.ts";

const AT = 1_767_225_600_000;
const POINTS = Array.from({ length: 10 }, (_, index) => `meter/p${index}`);
const APPENDS = 40;
const ROUNDS_PER_APPEND = 50;
const WITHIN_MS = 180_000;

let line: WholeLine;
afterEach(() => line.end());

/** What does not deflate well: blocks of about 2 kB each. */
async function produce(): Promise<void> {
  for (let append = 0; append < APPENDS; append++) {
    const samples: Sample[] = [];
    for (let round = 0; round < ROUNDS_PER_APPEND; round++) {
      const timestampMs = AT + (append * ROUNDS_PER_APPEND + round) * 1000;
      for (const [index, pointId] of POINTS.entries()) {
        const mixed = Math.imul(timestampMs / 1000 + 31 * index, 2_654_435_761) >>> 0;
        samples.push({ pointId, timestampMs, quality: "good", value: mixed / 2 ** 20 });
      }
    }
    await line.buffer.append(samples);
  }
}

// Over MQTT 5 mosquitto answers with a code that no PUBACK may have, and the library ends the
// connection; over 3.1.1 it says that it has taken the message, and has not.
it.each(["5", "3.1.1"])(
  "a broker that takes no message over 20,000 bytes gets a backlog in smaller ones, MQTT %s",
  async (protocol) => {
    const broker = await Mosquitto.start({ config: ["message_size_limit 20000"] });
    line = await WholeLine.start(POINTS, broker);
    await produce();
    line.startReceiver();
    await line.receiverSubscribed;
    line.startUplink("blocks", { protocol });
    await line.untilDelivered("main", undefined, WITHIN_MS);
    await line.stopParts();
    const { epochs } = receiveStatus(line.storePath);
    const main = epochs.find(({ stream }) => stream === "main");
    const sampleCount = APPENDS * ROUNDS_PER_APPEND * POINTS.length;
    expect(main).toMatchObject({ sampleCount, holes: [], gaps: [] });
  },
);
