import type { LineProtocol, LineRecord } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { expect, it } from "vitest";
import { followFrames, framesOf, recordLine } from "./line-view.ts";
import { LineWatch } from "./line-watch.ts";
import { createRecorder } from "./pcap.ts";

/** Every record is a frame: what frames are is the driver's affair. */
const protocol: LineProtocol = {
  medium: "tcp",
  port: 502,
  tsharkOptions: "",
  createFrameReader: () => ({ take: (record) => [frameOf(record)], end: () => [] }),
};

function frameOf({ kind, atMs, bytes }: LineRecord) {
  const direction = kind === "sent" ? ("sent" as const) : ("received" as const);
  return { atMs, direction, bytes, unit: 1, text: kind, fault: null, roundTripMs: null };
}

function rig() {
  const clock = new SimClock(1_800_000_000_000);
  const watch = new LineWatch(clock);
  watch.opened();
  watch.sent(Buffer.from([1]));
  return { clock, watch, view: { protocol, watch, clock } };
}

/** All that comes until it ends by itself, while time goes on. */
async function collect<T>(clock: SimClock, source: AsyncGenerator<T>): Promise<T[]> {
  const all: T[] = [];
  let isOver = false;
  const done = (async () => {
    for await (const one of source) all.push(one);
    isOver = true;
  })();
  for (let second = 0; !isOver && second < 100; second++) await clock.advance(1_000);
  await done;
  return all;
}

it("the last frames are told with their bytes in hex", () => {
  const { view } = rig();
  expect(framesOf(view).map(({ text, bytes }) => [text, bytes])).toEqual([
    ["opened", ""],
    ["sent", "01"],
  ]);
});

it("a follower gets them, then what comes, and signs of life, until the time is over", async () => {
  const { clock, view } = rig();
  const lines = (await collect(clock, followFrames(view, 25_000))).join("").split("\n");
  const frames = lines.filter((line) => line !== "").map((line) => JSON.parse(line).text);
  expect(frames).toEqual(["opened", "sent"]);
  // Two empty lines in 25 s, and what follows the last line's end.
  expect(lines.filter((line) => line === "")).toHaveLength(3);
});

it("a recording numbers the bytes of each connection from 1, as TCP does", async () => {
  const { clock, watch, view } = rig();
  watch.received(Buffer.from([1, 2, 3]));
  watch.sent(Buffer.from([4, 5]));
  watch.opened();
  watch.sent(Buffer.from([6]));
  const file = Buffer.concat(await collect(clock, recordLine(view, 1_000)));
  expect(packetsOf(file)).toEqual([
    "49152>502 0 S",
    "502>49152 0 S",
    "49152>502 1",
    "49152>502 1 01",
    "502>49152 1 010203",
    "49152>502 2 0405",
    "49153>502 0 S",
    "502>49153 0 S",
    "49153>502 1",
    "49153>502 1 06",
  ]);
});

it("is recorded in segments, however much comes at once", () => {
  const recorder = createRecorder(protocol);
  const bytes = Buffer.alloc(65_536, 7);
  const packets = packetsOf(
    Buffer.concat([recorder.head, recorder.take({ kind: "received", atMs: 1, bytes })]),
  );
  const sent = packets.map((packet) => packet.split(" ")[2]?.replace("S", "") ?? "").join("");
  expect(sent).toBe(bytes.toString("hex"));
});

function packetsOf(file: Buffer): string[] {
  const packets: string[] = [];
  for (let at = 24; at < file.length; ) {
    const length = file.readUInt32LE(at + 8);
    const tcp = file.subarray(at + 16 + 14 + 20, at + 16 + length);
    const ports = `${tcp.readUInt16BE(0)}>${tcp.readUInt16BE(2)}`;
    const syn = (tcp[13] ?? 0) & 0x02 ? "S" : "";
    const text = `${ports} ${tcp.readUInt32BE(4)} ${syn}${tcp.subarray(20).toString("hex")}`;
    packets.push(text.trimEnd());
    at += 16 + length;
  }
  return packets;
}
