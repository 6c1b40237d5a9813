import { readFileSync } from "node:fs";
import type { Sample, Value } from "@headgate/model";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { sampleOfVector, type VectorSample } from "../../testing/vector-sample.ts";
import { BlockBuilder } from "./block-builder.ts";
import { decodeColumns, samplesOfColumns } from "./decode.ts";
import { deflated, inflated } from "./deflate.ts";
import { MalformedBlock } from "./format.ts";
import { hashOf } from "./hash.ts";
import { decodeThinned, type MinuteFigures } from "./thinned-body.ts";
import { Thinner, thinBlocks } from "./thinner.ts";

const POINT_IDS = ["a/x", "a/y", "b/z"];
const START_MS = 1_767_225_600_000;
const MINUTE_MS = 60_000;

const columnsOf = (samples: readonly Sample[]) => {
  const builder = new BlockBuilder();
  for (const sample of samples) builder.add(sample, POINT_IDS.indexOf(sample.pointId));
  return decodeColumns(deflated(builder.seal().packed));
};

/** As they are numbered within their block: point by point. */
const indexed = (samples: readonly Sample[]) => samplesOfColumns(columnsOf(samples), POINT_IDS);

function thinned(blocks: readonly (readonly Sample[])[], first = 5) {
  const content = thinBlocks(
    blocks.map((samples, at) => ({ seq: first + at, columns: columnsOf(samples) })),
  );
  if (content === null) throw new Error("nothing was thinned");
  return { content, read: decodeThinned(content.body, blocks.length) };
}

interface Placed {
  readonly offset: number;
  readonly index: number;
  readonly sample: Sample;
}

const minuteOf = ({ pointId, timestampMs }: Sample) =>
  `${pointId} ${Math.floor(timestampMs / MINUTE_MS) * MINUTE_MS}`;
const isNumber = ({ value }: Sample) => typeof value === "number" && Number.isFinite(value);

/** Samples of each minute of each point, in the order in which they were taken. */
function byMinute(placed: readonly Placed[]): Map<string, Placed[]> {
  const groups = new Map<string, Placed[]>();
  for (const one of placed) {
    const key = minuteOf(one.sample);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return groups;
}

function sayingOf(sample: Sample | undefined): string {
  if (sample === undefined) return "";
  const { value, quality } = sample;
  if (isNumber(sample) || typeof value === "bigint") return "figure";
  const text = Object.is(value, -0) ? "-0" : String(value);
  return `${quality} ${typeof value} ${quality === "bad" ? sample.reason : text}`;
}

/** The rules in their plainest form. */
function keptByTheRules(blocks: readonly (readonly Sample[])[]): Placed[] {
  const placed = blocks.flatMap((samples, offset) =>
    indexed(samples).map((sample, index) => ({ offset, index, sample })),
  );
  const kept = new Set<Placed>();
  for (const minute of byMinute(placed).values()) {
    const numbers = minute.filter(({ sample }) => isNumber(sample));
    if (numbers.length === 1) kept.add(numbers[0] as Placed);
    const counter = minute.findLast(({ sample }) => typeof sample.value === "bigint");
    if (counter) kept.add(counter);
  }
  for (const pointId of POINT_IDS) {
    const own = placed.filter(({ sample }) => sample.pointId === pointId);
    own.forEach((one, at) => {
      const saying = sayingOf(one.sample);
      if (saying !== "figure" && saying !== sayingOf(own[at - 1]?.sample)) kept.add(one);
    });
  }
  return [...kept];
}

function figuresByTheRules(blocks: readonly (readonly Sample[])[]): MinuteFigures[] {
  const placed = blocks.flatMap((samples, offset) =>
    indexed(samples).map((sample, index) => ({ offset, index, sample })),
  );
  return [...byMinute(placed.filter(({ sample }) => isNumber(sample))).values()]
    .filter((minute) => minute.length > 1)
    .map((minute) => {
      const samples = minute.map(({ sample }) => sample);
      const values = samples.map(({ value }) => Number(value));
      const [first] = samples as [Sample];
      return {
        pointIndex: POINT_IDS.indexOf(first.pointId),
        minuteMs: Math.floor(first.timestampMs / MINUTE_MS) * MINUTE_MS,
        min: Math.min(...values),
        max: Math.max(...values),
        mean: values.reduce((sum, value) => sum + value / values.length, 0),
        last: values.at(-1) as number,
        count: values.length,
        isUncertain: samples.some(({ quality }) => quality === "uncertain"),
      };
    });
}

const inOrder = <T extends { offset: number; index: number }>(places: readonly T[]) =>
  [...places].sort((a, b) => a.offset - b.offset || a.index - b.index);
/** -0 is as small as 0: either may be the least. */
const withoutSign = (figures: object) =>
  Object.values(figures).map((value) => (typeof value === "number" ? value + 0 : value));
const nameOf = ({ pointIndex, minuteMs }: MinuteFigures) => `${pointIndex} ${minuteMs}`;

const anyValue: fc.Arbitrary<Value> = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -9999, max: 9999 }).map((n) => n / 10) },
  fc.double(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, 1.7e308, -1.7e308, 5e-324),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
  fc.boolean(),
  fc.constantFrom("on", "off", "红"),
);
const anySample = fc
  .record({
    pointId: fc.constantFrom(...POINT_IDS),
    atMs: fc.oneof(fc.nat(3 * MINUTE_MS), fc.integer({ min: -1e12, max: 1e12 })),
    value: anyValue,
    quality: fc.constantFrom("good", "good", "good", "uncertain", "bad"),
    reason: fc.constantFrom("timeout", "no route"),
  })
  .map(({ pointId, atMs, value, quality, reason }): Sample => {
    const head = { pointId, timestampMs: START_MS + atMs };
    if (quality === "bad") return { ...head, quality, value: null, reason };
    return { ...head, quality: quality as "good", value };
  });
const anyBlocks = fc.array(fc.array(anySample, { maxLength: 25 }), { minLength: 1, maxLength: 6 });

describe("thinning any blocks", () => {
  it("keeps exactly what the rules say, as it was and where it was", () => {
    fc.assert(
      fc.property(anyBlocks, (blocks) => {
        const { content, read } = thinned(blocks);
        const samples = samplesOfColumns(read.kept, POINT_IDS);
        const kept = samples.map((sample, at) => {
          return { offset: read.keptOffsets[at] ?? -1, index: read.keptIndexes[at] ?? -1, sample };
        });
        expect(inOrder(kept)).toStrictEqual(inOrder(keptByTheRules(blocks)));
        expect(content.keptCount).toBe(kept.length);
      }),
      { numRuns: 400 },
    );
  });

  it("accounts for each sample: its block's count is kept and gone", () => {
    fc.assert(
      fc.property(anyBlocks, (blocks) => {
        const { content, read } = thinned(blocks);
        expect(read.counts).toEqual(blocks.map((samples) => samples.length));
        const total = blocks.flat().length;
        expect(content.sampleCount + content.keptCount).toBe(total);
        expect([content.first, content.last]).toEqual([5, 4 + blocks.length]);
        expect(content.hash).toBe(hashOf(content.body));
        const times = blocks.flat().map(({ timestampMs }) => timestampMs);
        const span = total === 0 ? [0, 0] : [Math.min(...times), Math.max(...times)];
        expect([content.fromMs, content.toMs]).toEqual(span);
      }),
      { numRuns: 200 },
    );
  });

  it("tells of each minute what a plain computation tells", () => {
    fc.assert(
      fc.property(anyBlocks, (blocks) => {
        const { minutes } = thinned(blocks).read;
        const wanted = new Map(figuresByTheRules(blocks).map((one) => [nameOf(one), one]));
        expect(minutes.map(nameOf).sort()).toEqual([...wanted.keys()].sort());
        for (const { mean, ...figures } of minutes) {
          const { mean: wantedMean, ...others } = wanted.get(nameOf({ mean, ...figures })) ?? {
            mean: Number.NaN,
          };
          expect(withoutSign(figures)).toEqual(withoutSign(others));
          const scale = Math.max(Math.abs(figures.min), Math.abs(figures.max));
          expect(Math.abs(mean / 2 - wantedMean / 2)).toBeLessThanOrEqual(1e-8 * scale);
          expect(mean).toBeGreaterThanOrEqual(figures.min);
          expect(mean).toBeLessThanOrEqual(figures.max);
        }
      }),
      { numRuns: 400 },
    );
  });
});

const scan = (timestampMs: number, n: number): Sample[] => [
  { pointId: "a/x", timestampMs, quality: "good", value: 230 + (n % 7) / 10 },
  { pointId: "a/y", timestampMs, quality: "good", value: BigInt(n) },
  { pointId: "b/z", timestampMs, quality: "good", value: n % 500 < 250 },
];

test("a steady hour becomes a hundredth, and a full thinner stays within its bytes", () => {
  const builder = new BlockBuilder();
  const thinner = new Thinner();
  let rawBytes = 0;
  while (!thinner.isFull) {
    for (let n = 0; n < 60; n++) {
      const at = 60 * thinner.blockCount + n;
      for (const sample of scan(START_MS + 500 * at, at)) {
        builder.add(sample, POINT_IDS.indexOf(sample.pointId));
      }
    }
    const body = deflated(builder.seal().packed);
    rawBytes += body.length;
    thinner.add({ seq: 1 + thinner.blockCount, columns: decodeColumns(body) });
  }
  const content = thinner.seal();
  expect(thinner.blockCount).toBeGreaterThan(1000);
  expect(content?.body.length).toBeLessThan(32 * 1024);
  expect(content?.body.length).toBeLessThan(rawBytes / 10);
});

test("less than a minute of very many points saves nothing: then an entry is larger", () => {
  const points = 4000;
  const builder = new BlockBuilder();
  const thinner = new Thinner();
  let rawBytes = 0;
  for (let second = 0; !thinner.isFull; second++) {
    for (let point = 0; point < points; point++) {
      const value = (Math.imul(second + 1, point + 7) >>> 3) % 97;
      const at = { timestampMs: START_MS + second * 1000, quality: "good" } as const;
      builder.add({ pointId: "", ...at, value: value / 8 + Math.sin(point) }, point);
    }
    const body = deflated(builder.seal().packed);
    rawBytes += body.length;
    thinner.add({ seq: 1 + second, columns: decodeColumns(body) });
  }
  const bytes = thinner.seal()?.body.length ?? 0;
  expect(thinner.blockCount).toBeGreaterThanOrEqual(60);
  expect(bytes).toBeGreaterThan(80 * 1024);
  expect(bytes).toBeLessThan(rawBytes / 5);
});

test("times are put right by what the caller knows of the clock", () => {
  const columns = columnsOf(scan(5, 1));
  const content = thinBlocks([{ seq: 1, columns, shiftMs: START_MS }]);
  expect(content).toMatchObject({ fromMs: START_MS + 5, toMs: START_MS + 5, keptCount: 3 });
  const { kept } = decodeThinned(content?.body ?? new Uint8Array(), 1);
  expect([...kept.timestampsMs]).toEqual([START_MS + 5, START_MS + 5, START_MS + 5]);
});

test("blocks that do not follow each other are not thinned into one", () => {
  const columns = columnsOf(scan(5, 1));
  const apart = [1, 3].map((seq) => ({ seq, columns }));
  expect(() => thinBlocks(apart)).toThrow(RangeError);
  expect(thinBlocks([])).toBeNull();
});

describe("foreign bytes throw MalformedBlock and nothing else", () => {
  const reject = (body: Uint8Array, blockCount: number) => {
    try {
      decodeThinned(body, blockCount);
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedBlock);
    }
  };

  it("of any kind", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(5), (bytes, count) => {
        reject(bytes, count);
        reject(deflated(Uint8Array.of(1, ...bytes)), count);
      }),
      { numRuns: 1000 },
    );
  });

  it("that were a thinned body once", () => {
    const damage = fc.tuple(anyBlocks, fc.nat(), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(damage, ([blocks, place, flip]) => {
        const packed = inflated(thinned(blocks).content.body);
        const flipped = Uint8Array.from(packed);
        flipped[place % packed.length] = (packed[place % packed.length] ?? 0) ^ flip;
        for (const bytes of [flipped, packed.subarray(0, place % packed.length)]) {
          reject(deflated(bytes), blocks.length);
        }
        reject(deflated(packed), blocks.length + 1);
      }),
      { numRuns: 1000 },
    );
  });

  it("that inflate to gigabytes", () => {
    const bomb = deflated(new Uint8Array(64 * 1024 * 1024));
    expect(() => decodeThinned(bomb, 1)).toThrow(MalformedBlock);
  });
});

interface Vector {
  readonly name: string;
  readonly first: number;
  readonly blocks: readonly (readonly VectorSample[])[];
  readonly entry: { readonly sampleCount: number; readonly keptCount: number };
  readonly packed: string;
}

const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL("./thinned-vectors.json", import.meta.url), "utf8"),
);

for (const { name, first, blocks, entry, packed } of vectors) {
  test(`vector: ${name}`, () => {
    const given = blocks.map((samples) => samples.map((one) => sampleOfVector(one, POINT_IDS)));
    const { content } = thinned(given, first);
    expect(Buffer.from(inflated(content.body)).toString("hex")).toBe(packed);
    expect(content).toMatchObject(entry);
  });
}

test("a mean that is rounded lies within what was seen", () => {
  const third = { pointId: "a/x", timestampMs: START_MS, quality: "good", value: 1 / 3 } as const;
  const { read } = thinned([[third, third, third]]);
  expect(read.minutes).toMatchObject([{ min: 1 / 3, max: 1 / 3, mean: 1 / 3, count: 3 }]);
});
