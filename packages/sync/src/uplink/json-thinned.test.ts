import type { Sample, Thinned } from "@headgate/model";
import { expect, it } from "vitest";
import { BlockBuilder } from "../block/block-builder.ts";
import { decodeColumns } from "../block/decode.ts";
import { deflated } from "../block/deflate.ts";
import { pointListOf } from "../block/hash.ts";
import { thinBlocks } from "../block/thinner.ts";
import { jsonThinned } from "./json-thinned.ts";

const list = pointListOf(["press/t", "press/on", "tank/level"]);
const AT = 1_767_225_600_000;

function thinnedOf(blocks: readonly (readonly Sample[])[]): Thinned {
  const content = thinBlocks(
    blocks.map((samples, at) => {
      const builder = new BlockBuilder();
      for (const sample of samples) builder.add(sample, list.pointIds.indexOf(sample.pointId));
      return { seq: 7 + at, columns: decodeColumns(deflated(builder.seal().packed)) };
    }),
  );
  if (!content) throw new Error("nothing to thin");
  const head = { kind: "thinned", stream: "main", epoch: "e1" } as const;
  return { ...head, ...content, schemaHash: list.hash };
}

const good = (pointId: string, atMs: number, value: number | boolean): Sample => {
  return { pointId, timestampMs: AT + atMs, quality: "good", value };
};

it("tells that blocks were thinned, the minutes of each device, and what was kept", () => {
  const uncertain: Sample = { ...good("tank/level", 1000, 4), quality: "uncertain" } as Sample;
  const thinned = thinnedOf([
    [good("press/t", 0, 1.5), good("press/on", 0, true), good("tank/level", 0, 2)],
    [good("press/t", 1000, 2.5), good("press/on", 1000, false), uncertain],
    [good("press/t", 60_000, 9), good("press/on", 60_000, false)],
  ]);
  const objects = jsonThinned("g-1", thinned, list).map(({ device, json }) => {
    return { device, ...JSON.parse(json) };
  });
  const [of, seq] = [
    { gw: "g-1", ep: "e1" },
    { first: 7, last: 9 },
  ];
  const about = { st: "main", ...seq, n: 5, kept: 3, from: AT, to: AT + 60_000 };
  expect(objects).toEqual([
    { device: "", thinned: about, ...of },
    {
      device: "press",
      ts: AT,
      values: { t: 2 },
      thinned: { t: { min: 1.5, max: 2.5, last: 2.5, count: 2 } },
      ...of,
      ...seq,
    },
    {
      device: "tank",
      ts: AT,
      values: { level: 3 },
      thinned: { level: { min: 2, max: 4, last: 4, count: 2 } },
      q: { level: "uncertain" },
      ...of,
      ...seq,
    },
    { device: "press", ts: AT, values: { on: true }, ...of, seq: 7 },
    { device: "press", ts: AT + 1000, values: { on: false }, ...of, seq: 8 },
    { device: "press", ts: AT + 60_000, values: { t: 9 }, ...of, seq: 9 },
  ]);
});
