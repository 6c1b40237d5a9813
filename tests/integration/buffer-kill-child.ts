// Appends self-identifying samples and pictures until it is killed; says what became durable.
import { writeSync } from "node:fs";
import { silentLog, systemClock } from "@headgate/model";
import { openBuffer } from "@headgate/sync/buffer";

const [directory = "", start = "0"] = process.argv.slice(2);
const { signal } = new AbortController();
const context = { clock: systemClock, log: silentLog, signal, directory };
const buffer = await openBuffer(
  {
    directory,
    capacityBytesMax: 64 * 1024 * 1024,
    mediaCapacityBytesMax: 64 * 1024 * 1024,
    commitIntervalMs: 10,
    uplinkIds: ["cloud"],
    pointIds: ["counter/0", "counter/1"],
  },
  context,
);

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

async function appendOne(counter: number): Promise<void> {
  const pointId = `counter/${counter % 5}`;
  const sample = { pointId, timestampMs: counter, quality: "good", value: counter } as const;
  const seq = await buffer.append([sample]);
  say(`sample ${counter} ${seq}`);
}

async function appendPicture(counter: number): Promise<void> {
  const bytes = new TextEncoder().encode(`picture ${counter}`);
  const name = `cam/snapshot/${counter}.jpg`;
  const seq = await buffer.appendMedia({ name, contentType: "image/jpeg", bytes }, counter);
  say(`picture ${counter} ${seq}`);
}

process.send?.("ready");
for (let counter = Number(start); ; counter++) {
  void appendOne(counter);
  if (counter % 50 === 0) void appendPicture(counter);
  if (counter % 3 === 0) await systemClock.sleep(1, signal);
}
