import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { Entry, Sample } from "@headgate/model";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { BlockBuilder } from "../src/block/block-builder.ts";
import { deflated } from "../src/block/deflate.ts";
import { hashOf } from "../src/block/hash.ts";
import { encodeFrame } from "../src/protocol/encode-frame.ts";
import { encodeMessage } from "../src/protocol/messages.ts";
import { encodePointList } from "../src/protocol/point-list-record.ts";
import { protocolJsonSchema } from "./protocol-json-schema.ts";

const PATH = fileURLToPath(new URL("../proto/headgate-sync-1.schema.json", import.meta.url));

// After a change: vitest run packages/sync/testing/protocol-json-schema.test.ts --update
it("the published JSON Schema is up to date", async () => {
  await expect(`${JSON.stringify(protocolJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(PATH);
});

describe("the published JSON Schema", () => {
  const schema = JSON.parse(readFileSync(PATH, "utf8"));
  const ajv = new Ajv2020({ strict: false }).addSchema(schema, "sync");
  const faultsIn = (name: string, message: unknown) => {
    ajv.validate(`sync#/$defs/${name}`, message);
    return ajv.errors ?? [];
  };

  const pointIds = ["tank/t", "tank/n", "tank/x"];
  const list = { hash: "0123456789abcdef", pointIds };
  const t = 1_767_225_600_000;
  const samples: Sample[] = [
    { pointId: "tank/t", timestampMs: t, quality: "good", value: 4.5 },
    { pointId: "tank/t", timestampMs: t + 1, quality: "uncertain", value: Number.NaN },
    { pointId: "tank/n", timestampMs: t, quality: "good", value: 2n ** 60n },
    { pointId: "tank/x", timestampMs: t, quality: "bad", value: null, reason: "timeout" },
    { pointId: "tank/x", timestampMs: t + 2, quality: "good", value: true },
  ];

  function frameOf(): Record<string, unknown> {
    const builder = new BlockBuilder();
    for (const sample of samples) builder.add(sample, pointIds.indexOf(sample.pointId));
    const { packed, sampleCount, fromMs, toMs } = builder.seal();
    const body = deflated(packed);
    const at = { stream: "main", epoch: "e-1", fromMs, toMs } as const;
    const packedAs = { schemaHash: list.hash, hash: hashOf(body), body };
    const clock = { bootId: "0011223344556677", monotonicMs: 5, isSynced: false, step: 1 };
    const gone = { first: 2, last: 4, sampleCount: 9 };
    const entries: Entry[] = [
      { kind: "data", ...at, seq: 1, sampleCount, clock, ...packedAs },
      { kind: "gap", ...at, ...gone, reason: "disk-full" },
      { kind: "thinned", ...at, ...gone, first: 5, last: 6, keptCount: 1, ...packedAs },
      { kind: "epoch", ...at, seq: 7, sampleCount: 0, ...packedAs, schemaHash: "" },
      { kind: "clock", ...at, seq: 8, sampleCount: 0, ...packedAs, schemaHash: "" },
    ];
    const said = { gatewayId: "g", lane: "b", entries, pointListOf: () => list } as const;
    return JSON.parse(gunzipSync(encodeFrame({ format: "blocks-json", ...said })).toString());
  }

  it("takes every kind of entry that a gateway sends", () => {
    expect(faultsIn("frame", frameOf())).toEqual([]);
  });

  it("takes the small messages", () => {
    const read = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));
    const record = gunzipSync(encodePointList({ gatewayId: "g", ...list })).toString();
    expect(faultsIn("pointList", JSON.parse(record))).toEqual([]);
    const hello = encodeMessage({ v: 1, gw: "g", online: false });
    expect(faultsIn("hello", read(hello))).toEqual([]);
    const streams = [{ st: "main", ep: "e", w: 1, sack: [[3, 4]], max: 4 }] as const;
    const ack = { v: 1, c: "main", inc: "i", at: t, streams };
    expect(faultsIn("ack", ack)).toEqual([]);
    const request = { v: 1, id: "q", op: "resend", st: "main", ep: "e", lo: 1, hi: 2 };
    expect(faultsIn("request", request)).toEqual([]);
  });

  it.each([
    ["another version", { v: 2 }],
    ["an unknown stream", { st: "audit" }],
    ["an unknown lane", { lane: "x" }],
    ["no entry", { entries: [] }],
    ["no gateway", { gw: "" }],
    ["an entry of an unknown kind", { entries: [{ k: "skip", b: 1, n: 0, t0: 0, t1: 0 }] }],
    ["a gap without a reason", { entries: [{ k: "gap", b: 1, b1: 2, n: 0, t0: 0, t1: 0 }] }],
  ])("refuses a frame with %s", (_what, change) => {
    expect(faultsIn("frame", { ...frameOf(), ...change })).not.toEqual([]);
  });

  it("refuses an acknowledgement of a number below 1", () => {
    const streams = [{ st: "main", ep: "e", w: -1, sack: [[0, 4]], max: 4 }];
    expect(faultsIn("ack", { v: 1, c: "main", inc: "i", at: t, streams })).not.toEqual([]);
  });
});
