import type { Block, Sample } from "@headgate/model";
import { expect, it } from "vitest";
import { BlockBuilder } from "../block/block-builder.ts";
import { deflated } from "../block/deflate.ts";
import { hashOf, pointListOf } from "../block/hash.ts";
import { jsonGap, jsonObjects } from "./json-messages.ts";

const list = pointListOf(["press/on", "press/t", "press/n", "tank/name"]);
const AT = 1_767_225_600_000;

function blockOf(samples: readonly Sample[]): Block {
  const builder = new BlockBuilder();
  for (const sample of samples) builder.add(sample, list.pointIds.indexOf(sample.pointId));
  const { packed, ...span } = builder.seal();
  const body = deflated(packed);
  const identity = { kind: "data", stream: "main", epoch: "e1", seq: 7 } as const;
  return { ...identity, ...span, schemaHash: list.hash, hash: hashOf(body), body };
}

const parsed = (samples: readonly Sample[]) =>
  jsonObjects("g-1", blockOf(samples), list).map(({ device, json }) => ({
    device,
    ...JSON.parse(json),
  }));

const tail = { gw: "g-1", ep: "e1", seq: 7 };

it("makes one object per device and timestamp, oldest first", () => {
  expect(
    parsed([
      { pointId: "press/t", timestampMs: AT + 1, quality: "good", value: 2.5 },
      { pointId: "press/on", timestampMs: AT, quality: "good", value: true },
      { pointId: "press/t", timestampMs: AT, quality: "uncertain", value: 1.5 },
      { pointId: "tank/name", timestampMs: AT, quality: "good", value: 'a"红' },
    ]),
  ).toEqual([
    { device: "press", ts: AT, values: { on: true, t: 1.5 }, q: { t: "uncertain" }, ...tail },
    { device: "tank", ts: AT, values: { name: 'a"红' }, ...tail },
    { device: "press", ts: AT + 1, values: { t: 2.5 }, ...tail },
  ]);
});

it("says of what a device remembered that it is backfilled, and of nothing else", () => {
  const block = blockOf([{ pointId: "press/t", timestampMs: AT, quality: "good", value: 1.5 }]);
  const textOf = (stream: Block["stream"]) =>
    jsonObjects("g-1", { ...block, stream }, list)[0]?.json;
  expect(JSON.parse(textOf("history") ?? "")).toMatchObject({ backfilled: true });
  expect(textOf("main")).not.toContain("backfilled");
});

it("says what is bad and why, and never a plain null", () => {
  const [object] = parsed([
    { pointId: "press/on", timestampMs: AT, quality: "bad", value: null, reason: "timeout" },
    { pointId: "press/t", timestampMs: AT, quality: "good", value: Number.NaN },
  ]);
  expect(object).toEqual({
    device: "press",
    ts: AT,
    values: { on: null, t: null },
    q: { on: "bad", t: "bad" },
    why: { on: "timeout", t: "NaN" },
    ...tail,
  });
});

it("writes integers beyond 2^53 as text", () => {
  const values = [5n, 2n ** 53n - 1n, 2n ** 63n].map((value, i) => ({
    pointId: "press/n",
    timestampMs: AT + i,
    quality: "good" as const,
    value,
  }));
  const numbers = parsed(values).map((object) => object.values.n);
  expect(numbers).toEqual([5, 9007199254740991, "9223372036854775808"]);
});

it("keeps both of two samples of one point and time", () => {
  const at = { pointId: "press/t", timestampMs: AT, quality: "good" } as const;
  const both = parsed([
    { ...at, value: 1 },
    { ...at, value: 2 },
  ]);
  expect(both.map((object) => object.values)).toEqual([{ t: 1 }, { t: 2 }]);
});

it("tells a gap on the gateway's own topic", () => {
  const span = { sampleCount: 3, fromMs: AT, toMs: AT + 5 };
  const range = { stream: "main", epoch: "e1", first: 3, last: 4 } as const;
  const { device, json } = jsonGap("g-1", { kind: "gap", ...range, ...span, reason: "capacity" });
  expect(device).toBe("");
  expect(JSON.parse(json).gap).toMatchObject({ first: 3, last: 4, n: 3, reason: "capacity" });
});
