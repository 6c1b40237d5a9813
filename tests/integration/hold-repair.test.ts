import { receiveStatus } from "@headgate/sync/receiver";
import { afterEach, expect, it } from "vitest";
import { WholeLine } from "./peers/whole-line.ts";

const BLOCKS = 5;
const WITHIN_MS = 120_000;

let line: WholeLine;
afterEach(() => line.end());

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadlineMs = Date.now() + WITHIN_MS;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error(`not within ${WITHIN_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// As after a broker that forgot its subscribers: over MQTT 3.1.1 nobody says that nobody listens.
it("a receiver gets what a broker took for nobody", async () => {
  line = await WholeLine.start(["meter/p"], undefined, { keepAckedBytesMax: 2 ** 20 });
  line.startUplink("blocks", { protocol: "3.1.1", delivery: "broker+hold" });
  for (let value = 1; value <= BLOCKS; value++) {
    await line.buffer.append([{ pointId: "meter/p", timestampMs: value, quality: "good", value }]);
  }
  line.startReceiver();
  const samples = () => {
    const main = receiveStatus(line.storePath).epochs.find(({ stream }) => stream === "main");
    return main?.holes.length === 0 ? main.sampleCount : 0;
  };
  await until(() => samples() === BLOCKS, "asked for and sent again");
  expect(receiveStatus(line.storePath).isComplete).toBe(true);
});
