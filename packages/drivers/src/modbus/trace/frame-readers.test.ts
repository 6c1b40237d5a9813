import type { LineFrame, LineProtocol, LineRecord } from "@headgate/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc16 } from "../crc16.ts";
import { rtuLine, tcpLine } from "./line-protocols.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const rtu = (text: string) => {
  const body = hex(text);
  const crc = Buffer.alloc(2);
  crc.writeUInt16LE(crc16(body));
  return Buffer.concat([body, crc]);
};
const tcp = (id: number, text: string) => {
  const body = hex(text);
  const head = Buffer.alloc(6);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(body.length, 4);
  return Buffer.concat([head, body]);
};

type Piece = readonly [kind: ">" | "<" | "opened", bytes: Buffer];

/** Each piece 10 ms after the one before. */
function read(protocol: LineProtocol, pieces: readonly Piece[]): LineFrame[] {
  const reader = protocol.createFrameReader();
  const records = pieces.map(([kind, bytes], index): LineRecord => {
    const names = { ">": "sent", "<": "received", opened: "opened" } as const;
    return { kind: names[kind], atMs: index * 10, bytes };
  });
  return [...records.flatMap((record) => reader.take(record)), ...reader.end()];
}

it("knows the answer of a unit beyond 247: sensors answer to 250 whoever they are", () => {
  expect(told(rtuLine, [">", rtu("FA 03 0000 0001")], ["<", rtu("FA 03 02 0102")]).at(-1)).toBe(
    "< 250 holding:0 = 0102 10 ms",
  );
});

const told = (protocol: LineProtocol, ...pieces: Piece[]) =>
  read(protocol, pieces).map(
    ({ direction, unit, text, fault, roundTripMs }) =>
      `${direction === "sent" ? ">" : "<"} ${unit ?? "-"} ${text}` +
      `${fault ? ` ! ${fault}` : ""}${roundTripMs === null ? "" : ` ${roundTripMs} ms`}`,
  );

const ASKED = rtu("07 03 00 28 00 02");
const ANSWER = rtu("07 03 04 43 66 19 9A");

describe("a serial line's trace", () => {
  it.each<[string, Piece[], string[]]>([
    ["an answer", [["<", ANSWER]], ["< 7 holding:40 to 41 = 4366 199A 10 ms"]],
    [
      "an answer in pieces",
      [
        ["<", ANSWER.subarray(0, 4)],
        ["<", ANSWER.subarray(4)],
      ],
      ["< 7 holding:40 to 41 = 4366 199A 20 ms"],
    ],
    [
      "an echo, then the answer",
      [["<", Buffer.concat([ASKED, ANSWER])]],
      ["< 7 echo of the request", "< 7 holding:40 to 41 = 4366 199A 10 ms"],
    ],
    [
      "a refusal",
      [["<", rtu("07 83 02")]],
      ["< 7 illegal data address (exception 2) ! exception 10 ms"],
    ],
    ["another unit's answer", [["<", rtu("08 03 02 00 01")]], ["< 8 holding = 0001 ! foreign"]],
    [
      "an answer with a wrong checksum",
      [["<", hex("07 03 04 43 66 19 9A 00 00")]],
      ["< 7 an answer with a wrong checksum ! checksum"],
    ],
    ["noise", [["<", hex("FF 00 FE")]], ["< - 3 bytes that are no frame ! noise"]],
    [
      "the answer to the request before",
      [
        [">", rtu("07 03 00 50 00 01")],
        ["<", ANSWER],
        ["<", rtu("07 03 02 00 05")],
      ],
      [
        "> 7 read holding:80",
        "< 7 holding:40 to 41 = 4366 199A ! late 20 ms",
        "< 7 holding:80 = 0005 20 ms",
      ],
    ],
    ["nothing, and a new connection", [["opened", Buffer.alloc(0)]], []],
  ])("%s", (_name, pieces, expected) => {
    expect(told(rtuLine, [">", ASKED], ...pieces)).toEqual([
      "> 7 read holding:40 to 41",
      ...expected,
    ]);
  });
});

describe("a TCP line's trace", () => {
  const asked: Piece = [">", tcp(5, "07 04 00 0A 00 01")];
  it.each<[string, Piece[], string[]]>([
    ["an answer", [["<", tcp(5, "07 04 02 00 2A")]], ["< 7 input:10 = 002A 10 ms"]],
    [
      "a refusal",
      [["<", tcp(5, "07 84 0B")]],
      ["< 7 gateway target failed to respond (exception 11) ! exception 10 ms"],
    ],
    ["an answer to nothing", [["<", tcp(9, "07 04 02 00 2A")]], ["< 7 input = 002A ! foreign"]],
    [
      "an answer that comes after the next request",
      [
        [">", tcp(6, "07 01 00 00 00 03")],
        ["<", tcp(5, "07 04 02 00 2A")],
        ["<", tcp(6, "07 01 01 05")],
      ],
      ["> 7 read coil:0 to 2", "< 7 input:10 = 002A ! late 20 ms", "< 7 coil:0 to 2 = 101 20 ms"],
    ],
    [
      "what is no Modbus",
      [["<", Buffer.from("HTTP/1.1 400")]],
      ["< - 12 bytes that are no frame ! noise"],
    ],
  ])("%s", (_name, pieces, expected) => {
    expect(told(tcpLine, asked, ...pieces)).toEqual(["> 7 read input:10", ...expected]);
  });

  it.each<[string, string]>([
    ["07 05 00 03 FF 00", "> 7 write coil:3 = on"],
    ["07 06 00 28 00 FF", "> 7 write holding:40 = 00FF"],
    ["07 0F 00 00 00 03 01 05", "> 7 write coil:0 to 2 = 101"],
    ["07 10 00 28 00 02 04 43 66 19 9A", "> 7 write holding:40 to 41 = 4366 199A"],
    ["07 2B 0E 01 00", "> 7 function 43"],
  ])("%s is a request", (body, text) => {
    expect(told(tcpLine, [">", tcp(1, body)])).toEqual([text]);
  });
});

describe("whatever comes, however it is cut", () => {
  const noise = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  const requests = { rtu: ASKED, tcp: tcp(1, "07 03 00 28 00 02") };

  it.each([
    ["rtu", rtuLine, ANSWER],
    ["tcp", tcpLine, tcp(1, "07 03 04 43 66 19 9A")],
  ] as const)("a %s frame is the same frame", (name, protocol, answer) => {
    const cuts = fc.array(fc.integer({ min: 1, max: answer.length - 1 }), { maxLength: 5 });
    fc.assert(
      fc.property(cuts, (at) => {
        const edges = [0, ...new Set(at), answer.length].toSorted((a, b) => a - b);
        const pieces = edges.slice(1).map((end, index): Piece => {
          return ["<", answer.subarray(edges[index], end)];
        });
        const frames = read(protocol, [[">", requests[name]], ...pieces]);
        expect(frames.map(({ fault }) => fault)).toEqual([null, null]);
        expect(frames[1]?.text).toBe("holding:40 to 41 = 4366 199A");
      }),
      { seed: 7, numRuns: 50 },
    );
  });

  it.each([
    ["rtu", rtuLine],
    ["tcp", tcpLine],
  ] as const)("no byte off a %s line is lost, and none ends the reader", (name, protocol) => {
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 4 }), (pieces) => {
        const all: Piece[] = pieces.map((bytes) => ["<", bytes]);
        const frames = read(protocol, [[">", requests[name]], ...all]);
        const received = frames.filter(({ direction }) => direction === "received");
        const bytes = Buffer.concat(received.map((frame) => Buffer.from(frame.bytes)));
        expect(bytes.equals(Buffer.concat(pieces))).toBe(true);
      }),
      { seed: 8, numRuns: 100 },
    );
  });
});
