import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Block, Entry, Gap, Sample, Thinned } from "@headgate/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BlockBuilder } from "../block/block-builder.ts";
import { deflated } from "../block/deflate.ts";
import { hashOf, pointListOf } from "../block/hash.ts";
import { BadFrame } from "./bad-frame.ts";
import { decodeFrame } from "./decode-frame.ts";
import { encodeFrame } from "./encode-frame.ts";
import { DEFAULT_FRAME_LIMITS } from "./frame-limits.ts";

const AT = 1_767_225_600_000;
const LIST = pointListOf(["a/x", "b/y"]);
const SAMPLES: Sample[] = [
  { pointId: "a/x", timestampMs: AT, quality: "good", value: 1.5 },
  { pointId: "a/x", timestampMs: AT + 1, quality: "uncertain", value: Number.NaN },
  { pointId: "a/x", timestampMs: AT + 2, quality: "bad", value: null, reason: "timeout" },
  { pointId: "a/x", timestampMs: AT + 3, quality: "good", value: 2n ** 63n },
  { pointId: "a/x", timestampMs: AT + 3, quality: "good", value: -0 },
  { pointId: "b/y", timestampMs: AT, quality: "good", value: "红" },
  { pointId: "b/y", timestampMs: AT + 9, quality: "good", value: true },
  { pointId: "b/y", timestampMs: AT + 10, quality: "good", value: Number.NEGATIVE_INFINITY },
];
const GAP: Gap = {
  kind: "gap",
  stream: "main",
  epoch: "e1",
  first: 3,
  last: 9,
  sampleCount: 70,
  fromMs: AT,
  toMs: AT + 60_000,
  reason: "disk-full",
};

const THINNED: Thinned = {
  kind: "thinned",
  stream: "main",
  epoch: "e1",
  first: 10,
  last: 2 ** 40,
  sampleCount: 7000,
  keptCount: 12,
  fromMs: AT,
  toMs: AT + 60_000,
  schemaHash: LIST.hash,
  hash: hashOf("thin"),
  body: new TextEncoder().encode("thin"),
};
const CLOCK = { bootId: "00ff00ff00ff00ff", monotonicMs: 2 ** 33, isSynced: true, step: 3 };

function blockOf(samples: readonly Sample[], seq: number): Block {
  const builder = new BlockBuilder();
  for (const sample of samples) builder.add(sample, LIST.pointIds.indexOf(sample.pointId));
  const { packed, sampleCount, fromMs, toMs } = builder.seal();
  const body = deflated(packed);
  const hash = hashOf(body);
  const head = { kind: "data", stream: "main", epoch: "e1", schemaHash: LIST.hash } as const;
  return { ...head, seq, sampleCount, fromMs, toMs, hash, body };
}

const frameOf = (format: "blocks" | "blocks-json", entries: readonly Entry[]) =>
  encodeFrame({ format, gatewayId: "g-1", lane: "b", entries, pointListOf: () => LIST });

describe("a frame", () => {
  it("of blocks brings stored bytes and gaps as they were", () => {
    const block = blockOf(SAMPLES, 2);
    const frame = decodeFrame(frameOf("blocks", [block, GAP]));
    expect(frame.gatewayId).toBe("g-1");
    expect(frame.lane).toBe("b");
    const [first, second] = frame.entries;
    expect({ ...first, body: undefined }).toEqual({ ...block, body: undefined });
    const bytes = first?.kind === "gap" ? undefined : first?.body;
    expect(Buffer.compare(bytes ?? new Uint8Array(), block.body)).toBe(0);
    expect(second).toEqual(GAP);
  });

  it("of blocks-json brings every value to the bit, and no body", () => {
    const block = blockOf(SAMPLES, 2);
    const [first, second] = decodeFrame(frameOf("blocks-json", [block, GAP])).entries;
    const { body, ...head } = block;
    expect(body.length).toBeGreaterThan(0);
    const read = first && "samples" in first ? (first.samples ?? []) : [];
    expect({ ...first, samples: undefined }).toEqual({ ...head, samples: undefined });
    expect(second).toEqual(GAP);
    for (const pointId of LIST.pointIds) {
      const isOfPoint = (sample: Sample) => sample.pointId === pointId;
      expect(read.filter(isOfPoint)).toEqual(SAMPLES.filter(isOfPoint));
    }
  });

  it("of blocks-json carries epoch and media bodies in base64", () => {
    const body = new Uint8Array([1, 2, 255]);
    const epoch: Block = { ...blockOf([], 1), kind: "epoch", body, hash: hashOf(body) };
    const [entry] = decodeFrame(frameOf("blocks-json", [epoch])).entries;
    expect(entry?.kind === "epoch" && [...(entry.body ?? [])]).toEqual([1, 2, 255]);
  });

  it.each(["blocks", "blocks-json"] as const)(
    "of %s carries what was kept of thinned blocks, and by which clock a block was dated",
    (format) => {
      const thinned = { ...THINNED, last: 2000, clock: CLOCK };
      const body = new TextEncoder().encode("{}");
      const clock: Block = { ...blockOf([], 1), kind: "clock", body, hash: hashOf(body) };
      const dated = [clock, { ...blockOf([], 2), clock: CLOCK }].map((block) => {
        return { ...block, stream: "events" as const };
      });
      const read = dated.map((block) => decodeFrame(frameOf(format, [block])).entries[0]);
      expect(read).toMatchObject([
        { kind: "clock", stream: "events", hash: hashOf(body) },
        { kind: "data", stream: "events", clock: CLOCK },
      ]);
      const [entry] = decodeFrame(frameOf(format, [thinned])).entries;
      expect({ ...entry, body: undefined }).toEqual({ ...thinned, body: undefined });
      expect(Buffer.from((entry as Thinned).body).toString()).toBe("thin");
    },
  );

  it.each<[string, Entry]>([
    ["of thinned blocks without end", THINNED],
    ["of thinned blocks that end before they begin", { ...THINNED, last: 9 }],
    ["of fewer than no samples", { ...THINNED, last: 11, keptCount: -1 }],
    ["dated by no known run", { ...blockOf([], 1), clock: { ...CLOCK, bootId: "x" } }],
    ["dated before its run began", { ...blockOf([], 1), clock: { ...CLOCK, monotonicMs: -1 } }],
  ])("%s is a BadFrame", (_what, entry) => {
    expect(() => decodeFrame(frameOf("blocks-json", [entry]))).toThrow(BadFrame);
  });

  it("carries any number in either format", () => {
    const value = fc.oneof(fc.double(), fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), (values) => {
        const samples: Sample[] = values.map((v, i) => ({
          pointId: "a/x",
          timestampMs: AT + i,
          quality: "good",
          value: v,
        }));
        const [entry] = decodeFrame(frameOf("blocks-json", [blockOf(samples, 1)])).entries;
        expect(entry && "samples" in entry && entry.samples).toEqual(samples);
      }),
      { numRuns: 100 },
    );
  });
});

const jsonOf = (entry: string) =>
  `{"v":1,"gw":"g","st":"main","ep":"e","lane":"l","entries":[${entry}]}`;

describe("a malformed frame is a BadFrame", () => {
  const good = frameOf("blocks", [blockOf(SAMPLES, 2), GAP]);
  const json = frameOf("blocks-json", [blockOf(SAMPLES, 2), GAP]);

  it.each([
    ["empty", new Uint8Array(0)],
    ["cut", good.subarray(0, good.length - 3)],
    ["text", Buffer.from("hello")],
    ["cut gzip", json.subarray(0, 30)],
    ["json of another shape", Buffer.from('{"v":1}')],
    ["of version 2", Buffer.from('{"v":2,"gw":"g","st":"main","ep":"e","lane":"l","entries":[]}')],
    ["too large when inflated", gzipSync(Buffer.alloc(1_000_001, 0x20))],
  ])("%s", (_name, payload) => {
    const limits = { ...DEFAULT_FRAME_LIMITS, inflatedBytesMax: 1_000_000 };
    expect(() => decodeFrame(payload, limits)).toThrow(BadFrame);
  });

  const block = '"k":"data","b":1,"n":1,"t0":0,"t1":0,"sch":"","h":"00000000000000aa"';
  const textless = '{"toString":1}';
  it.each([
    ["version", `{"v":${textless},"gw":"g","st":"main","ep":"e","lane":"l","entries":[]}`],
    ["kind", jsonOf(`{"k":${textless},"sch":"","h":""}`)],
    ["reason of a gap", jsonOf(`{"k":"gap","b":1,"b1":1,"n":1,"t0":0,"t1":0,"why":${textless}}`)],
    ["time", jsonOf(`{${block},"s":[{"p":"x","t":[${textless}],"v":[1]}]}`)],
    ["reason", jsonOf(`{${block},"s":[{"p":"x","t":[0],"v":[null],"q":[[0,"bad",${textless}]]}]}`)],
  ])("of json, whose %s is an object that no text can be made of", (_what, text) => {
    expect(() => decodeFrame(Buffer.from(text))).toThrow(BadFrame);
  });

  it.each(["", "x".repeat(201), "a\0b", "\ud800"])("whose epoch is %j", (epoch) => {
    const text = `{"v":1,"gw":"g","st":"main","ep":${JSON.stringify(epoch)},"lane":"l"}`;
    const entries = [{ k: "gap", b: 1, b1: 2, n: 3, t0: 0, t1: 0, why: "capacity" }];
    const frame = { ...JSON.parse(text), entries };
    expect(() => decodeFrame(Buffer.from(JSON.stringify(frame)))).toThrow(/no sound epoch/);
    const named = Buffer.from(JSON.stringify({ ...frame, ep: "e" }));
    expect(decodeFrame(named).entries).toHaveLength(1);
  });

  it("of blocks, whose epoch is too long", () => {
    const entries = [{ ...GAP, epoch: "x".repeat(201) }];
    expect(() => decodeFrame(frameOf("blocks", entries))).toThrow(/no sound epoch/);
  });

  it("of blocks, whatever bit is flipped", () => {
    for (let bit = 0; bit < good.length * 8; bit++) {
      const broken = Uint8Array.from(good);
      broken[bit >> 3] = (broken[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => decodeFrame(broken)).toThrow(BadFrame);
    }
  });

  it("whatever bit is flipped, the answer is a frame or a BadFrame", () => {
    for (const payload of [good, json]) {
      for (let bit = 0; bit < Math.min(payload.length * 8, 4000); bit++) {
        const broken = Uint8Array.from(payload);
        broken[bit >> 3] = (broken[bit >> 3] as number) ^ (1 << (bit & 7));
        try {
          decodeFrame(broken);
        } catch (error) {
          expect(error).toBeInstanceOf(BadFrame);
        }
      }
    }
  });
});

describe("the published test vectors", () => {
  const file = new URL("../../proto/vectors.json", import.meta.url);
  const vectors = JSON.parse(readFileSync(file, "utf8"));

  it("encode to the same bytes and decode to the same entries", () => {
    for (const { gatewayId, lane, entries, frameHex } of vectors.frames) {
      const read = entries.map((entry: { bodyHex?: string }) => {
        const { bodyHex, ...rest } = entry;
        return bodyHex === undefined ? rest : { ...rest, body: Buffer.from(bodyHex, "hex") };
      });
      const frame = { format: "blocks", gatewayId, lane, entries: read } as const;
      const bytes = encodeFrame({ ...frame, pointListOf: () => null });
      expect(Buffer.from(bytes).toString("hex")).toBe(frameHex);
      const decoded = decodeFrame(Buffer.from(frameHex, "hex"));
      expect(decoded).toEqual({ gatewayId, lane, entries: read });
    }
  });
});
