import type { Sample } from "@headgate/model";
import { exportRecord, receiveStatus } from "@headgate/sync/receiver";
import { afterEach, beforeEach, expect, it } from "vitest";
import { WholeLine } from "./peers/whole-line.ts";

const AT = 1_767_225_600_000;
const POINTS = Array.from({ length: 20 }, (_, i) => `meter-${i % 4}/p${i}`);
let line: WholeLine;

beforeEach(async () => {
  line = await WholeLine.start(POINTS);
});
afterEach(() => line.end());

async function produce(rounds: number, from: number): Promise<void> {
  for (let round = from; round < from + rounds; round++) {
    const samples: Sample[] = POINTS.map((pointId, index) => {
      return { pointId, timestampMs: AT + round * 10, quality: "good", value: round + index / 8 };
    });
    await line.buffer.append(samples);
  }
}

it.each(["blocks", "blocks-json"])(
  "brings every sample into the receiver's store exactly once, over %s, though the broker dies",
  async (format) => {
    await produce(20, 0);
    line.startUplink(format);
    line.startReceiver();
    for (let life = 1; life <= 3; life++) {
      await produce(20, life * 20);
      await line.broker.kill();
      await produce(5, life * 20 + 1000);
      await line.broker.restart();
    }
    await line.untilDelivered();
    await line.stopParts();
    const status = receiveStatus(line.storePath);
    expect(status.isComplete).toBe(true);
    const rows = [...exportRecord(line.storePath, { gateway: "g-1" })];
    const names = new Set(rows.map(({ point, t }) => `${point} ${t}`));
    expect(rows.length).toBe((20 + 3 * 25) * POINTS.length);
    expect(names.size).toBe(rows.length);
    for (const { point, t, value } of rows) {
      expect(value).toBe((t - AT) / 10 + POINTS.indexOf(point) / 8);
    }
  },
);

it("brings a picture whole", async () => {
  line.startUplink("blocks");
  line.startReceiver();
  const bytes = new Uint8Array(300_000).map((_, i) => i & 255);
  await line.buffer.appendMedia({ name: "cam/a.jpg", contentType: "image/jpeg", bytes }, AT);
  await line.untilDelivered("media", 2);
});
