import type { Exchange, LineTap } from "@headgate/model";
import { systemClock } from "@headgate/model";
import { describe, expect, it } from "vitest";
import { tapWire } from "../wire/tap-wire.ts";
import type { Wire } from "../wire/wire.ts";
import { loadClient } from "./client.ts";
import { crc16 } from "./crc16.ts";
import { Line } from "./line.ts";
import { readRequest } from "./request.ts";
import { splitRtuFrames } from "./rtu-frames.ts";
import { RtuPort } from "./rtu-port.ts";
import { TcpPort } from "./tcp-port.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const withCrc = (text: string) => {
  const body = hex(text);
  const crc = Buffer.alloc(2);
  crc.writeUInt16LE(crc16(body));
  return Buffer.concat([body, crc]);
};

const createClient = await loadClient();
const request = readRequest({ unitId: 1, table: "holding", from: 0, count: 1 });
const TIMEOUT_MS = 30;

/** One exchange whose far side sends these pieces at once, and what the tap was told of it. */
async function tapped(framing: "tcp" | "rtu", pieces: readonly Buffer[]) {
  const told: string[] = [];
  const exchanges: Exchange[] = [];
  const tap: LineTap = {
    opened: () => told.push("opened"),
    sent: (bytes) => told.push(`> ${Buffer.from(bytes).toString("hex")}`),
    received: (bytes) => told.push(`< ${Buffer.from(bytes).toString("hex")}`),
    stray: () => told.push("stray"),
    settled: (exchange) => exchanges.push(exchange),
  };
  let receive: (bytes: Buffer) => void = () => {};
  const bare: Wire = {
    write: () => queueMicrotask(() => pieces.forEach((piece) => void receive(piece))),
    listen(onBytes) {
      receive = onBytes;
    },
    destroy() {},
  };
  const options = { wire: tapWire(bare, tap), clock: systemClock, pauseMs: 0, byteMs: 0, tap };
  const port = framing === "tcp" ? new TcpPort(options) : new RtuPort(options);
  const line = new Line({ port, client: createClient(port), clock: systemClock, tap });
  const reply = await line.exchange(request, TIMEOUT_MS);
  return { told, exchanges, reply };
}

describe("a tapped line tells", () => {
  it("both sides' bytes, and how an exchange ended", async () => {
    const { told, exchanges } = await tapped("rtu", [withCrc("01 03 02 00 2A")]);
    expect(told).toEqual(["opened", "> 010300000001840a", "< 010302002a399b"]);
    expect(exchanges).toMatchObject([{ unit: 1, outcome: "ok", exception: null }]);
    expect(exchanges[0]?.durationMs).toBeLessThan(TIMEOUT_MS);
  });

  it("a device's refusal by its name", async () => {
    const { exchanges } = await tapped("tcp", [hex("0001 0000 0003 01 83 02")]);
    expect(exchanges).toMatchObject([{ outcome: "exception", exception: "illegal data address" }]);
  });

  const silences: readonly [string, "tcp" | "rtu", readonly Buffer[], string][] = [
    ["nothing at all", "rtu", [], "timeout"],
    ["nothing at all", "tcp", [], "timeout"],
    ["an answer with a wrong checksum", "rtu", [hex("01 03 02 00 2A 00 00")], "checksum"],
    ["half an answer", "rtu", [hex("01 03 02")], "checksum"],
    ["another unit's answer", "rtu", [withCrc("02 03 02 00 2A")], "foreign"],
    ["its own echo", "rtu", [withCrc("01 03 00 00 00 01")], "timeout"],
    ["another transaction's answer", "tcp", [hex("0009 0000 0005 01 03 02 00 2A")], "foreign"],
  ];
  it.each(silences)("%s on %s", async (_what, framing, pieces, outcome) => {
    const { exchanges, told } = await tapped(framing, pieces);
    expect(exchanges).toMatchObject([{ unit: 1, outcome }]);
    expect(told.includes("stray")).toBe(framing === "tcp" && outcome === "foreign");
  });
});

describe("frames among bytes", () => {
  const parts = (bytes: Buffer) =>
    splitRtuFrames(bytes).map((one) => `${one.isSound ? "frame" : "noise"} ${one.bytes.length}`);

  it.each<[string, Buffer, readonly string[]]>([
    ["none", Buffer.alloc(0), []],
    ["a request", withCrc("01 03 00 00 00 02"), ["frame 8"]],
    ["an answer", withCrc("01 03 04 43 66 19 9A"), ["frame 9"]],
    ["a refusal", withCrc("01 83 02"), ["frame 5"]],
    ["a write of two registers", withCrc("01 10 00 00 00 02 04 00 01 00 02"), ["frame 13"]],
    ["another function", withCrc("01 2B 0E 01 00"), ["frame 7"]],
    ["noise", hex("FF 00 FF 00"), ["noise 4"]],
  ])("%s", (_name, bytes, expected) => {
    expect(parts(bytes)).toEqual(expected);
  });

  it("an echo, noise and an answer in one piece", () => {
    const bytes = Buffer.concat([
      withCrc("01 03 00 00 00 01"),
      hex("00 FF"),
      withCrc("01 03 02 00 2A"),
      hex("FE"),
    ]);
    expect(parts(bytes)).toEqual(["frame 8", "noise 2", "frame 7", "noise 1"]);
  });

  it("takes as much time for nonsense as for frames", () => {
    const nonsense = Buffer.alloc(1024, 0x03);
    expect(parts(nonsense)).toEqual(["noise 1024"]);
  });
});
