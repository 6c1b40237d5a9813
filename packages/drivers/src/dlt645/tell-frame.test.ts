import type { Exchange, LineFrame, LineRecord, LineTap } from "@headgate/model";
import { silentLog, systemClock } from "@headgate/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createVirtualMeterLine } from "../../testing/virtual-meter-line.ts";
import { dlt645TcpDriver } from "./driver.ts";
import { encodeFrame, encodeRequest } from "./frame.ts";
import { dlt645Line } from "./tell-frame.ts";

const METER = "000000000001";
const OTHER = "000000000002";
const data = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const ASKED = encodeRequest({ meter: METER, control: 0x11, data: data("00 00 01 00") });
const answer = (meter: string, hex: string, control = 0x91) =>
  encodeFrame({ meter, control, data: data(hex) });
const ANSWER = answer(METER, "00 00 01 00 56 34 12 00");

type Piece = readonly [kind: LineRecord["kind"], bytes: Buffer];

function read(pieces: readonly Piece[]): LineFrame[] {
  const reader = dlt645Line.createFrameReader();
  const records = pieces.map(([kind, bytes], index) => ({ kind, atMs: index * 10, bytes }));
  return [...records.flatMap((record) => reader.take(record)), ...reader.end()];
}

const told = (...pieces: Piece[]) =>
  read(pieces).map(
    ({ unit, text, fault }) => `${unit ?? "-"} ${text}${fault ? ` ! ${fault}` : ""}`,
  );

describe("a trace of electricity meters", () => {
  it.each<[string, Piece[], string[]]>([
    ["an answer", [["received", ANSWER]], [`${METER} 00010000 = 00123456`]],
    [
      "an answer with bytes before it, in pieces",
      [
        ["received", Buffer.from([0xfe, 0xfe])],
        ["received", ANSWER.subarray(0, 5)],
        ["received", ANSWER.subarray(5)],
      ],
      [`${METER} 00010000 = 00123456`],
    ],
    [
      "an echo, then the answer, then another",
      [["received", Buffer.concat([ASKED, ANSWER, ANSWER])]],
      [
        `${METER} echo of the request`,
        `${METER} 00010000 = 00123456`,
        `${METER} 00010000 = 00123456 ! late`,
      ],
    ],
    [
      "a refusal",
      [["received", answer(METER, "02", 0xd1)]],
      [`${METER} refused (error 02) ! exception`],
    ],
    [
      "another meter's answer",
      [["received", answer(OTHER, "00 00 01 00 56 34 12 00")]],
      [`${OTHER} 00010000 = 00123456 ! foreign`],
    ],
    ["noise", [["received", Buffer.from([1, 2, 3])]], ["- 3 bytes that are no frame ! noise"]],
  ])("%s", (_name, pieces, expected) => {
    expect(told(["sent", ASKED], ...pieces)).toEqual([`${METER} read 00010000`, ...expected]);
  });

  it("loses no byte but those that go before a frame", () => {
    const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 60, max: 0xfd }), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(pieces, (noise) => {
        const all = noise.map((bytes): Piece => ["received", Buffer.from(bytes)]);
        const bytes = read([["sent", ASKED], ...all])
          .slice(1)
          .map((frame) => frame.bytes);
        expect(Buffer.concat(bytes).equals(Buffer.concat(noise))).toBe(true);
      }),
      { seed: 645, numRuns: 100 },
    );
  });
});

it("a tapped line tells both sides' bytes, and how each exchange ended", async () => {
  const meters = { [METER]: { items: { "00010000": "56 34 12 00" } } };
  const line = createVirtualMeterLine({ electricity: meters });
  const port = await line.listen();
  const records: LineRecord[] = [];
  const exchanges: Exchange[] = [];
  const see = (kind: LineRecord["kind"]) => (bytes: Uint8Array) =>
    void records.push({ kind, atMs: records.length, bytes: Uint8Array.from(bytes) });
  const tap: LineTap = {
    opened: () => see("opened")(new Uint8Array(0)),
    sent: see("sent"),
    received: see("received"),
    stray() {},
    settled: (exchange) => void exchanges.push(exchange),
  };
  const { signal } = new AbortController();
  const context = { clock: systemClock, log: silentLog, signal, directory: "", tap };
  const settings = { host: "127.0.0.1", port, timeout: 200, turnaround: 1 };
  const config = dlt645TcpDriver.configSchema.parse(settings);
  const connection = await dlt645TcpDriver.open(config, context);
  try {
    const address = dlt645TcpDriver.addressSchema.parse({ address: "00010000" });
    for (const meter of [METER, OTHER]) {
      const device = dlt645TcpDriver.deviceSchema?.parse({ meter });
      if (!device) throw new Error("the driver has a device schema");
      await connection.read([{ id: "m/energy", address, device }], signal);
    }
  } finally {
    await connection.close();
    await line.close();
  }
  expect(exchanges.map(({ unit, outcome }) => `${unit} ${outcome}`)).toEqual([
    `${METER} ok`,
    `${OTHER} timeout`,
  ]);
  const reader = dlt645Line.createFrameReader();
  expect(records.flatMap((record) => reader.take(record)).map(({ text }) => text)).toEqual([
    "read 00010000",
    "00010000 = 00123456",
    "read 00010000",
  ]);
});
