import { readFileSync } from "node:fs";
import type { Sample, Value } from "@headgate/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sampleOfVector, type VectorSample } from "../../testing/vector-sample.ts";
import { BlockBuilder } from "./block-builder.ts";
import { decodeColumns, decodeSamples } from "./decode.ts";
import { deflated, inflated } from "./deflate.ts";
import { MalformedBlock } from "./format.ts";

const POINT_IDS = Array.from({ length: 300 }, (_, index) => `device/point-${index}`);
const START_MS = 1_767_225_600_000;

function blockOf(samples: readonly Sample[]): Uint8Array {
  const builder = new BlockBuilder();
  for (const sample of samples) builder.add(sample, POINT_IDS.indexOf(sample.pointId));
  return deflated(builder.seal().packed);
}

function observed(point: number, value: Value, atMs = 0): Sample {
  const pointId = POINT_IDS[point] ?? "";
  return { pointId, timestampMs: START_MS + atMs, quality: "good", value };
}

/** Point by point, within a point in order of arrival: what the format promises. */
function pointMajor(samples: readonly Sample[]): Sample[] {
  const place = (sample: Sample) => POINT_IDS.indexOf(sample.pointId);
  return [...samples].sort((one, other) => place(one) - place(other));
}

const anyNumber = fc.oneof(
  fc.double(),
  fc.float(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.integer({ min: -99_999, max: 99_999 }).map((tenths) => tenths / 10),
  fc.integer({ min: -9999, max: 9999 }).map((hundredths) => Math.fround(hundredths / 100)),
  fc.constantFrom(-0, 0, Number.NaN, Infinity, -Infinity, 2 ** 51, 2 ** 51 - 1, -(2 ** 51), 1e300),
  fc.constantFrom(2 ** 53, 2 ** 53 - 1, -(2 ** 53), 5e-324, 1e-9, 123456789.12345678, 0.1 + 0.2),
);
const anyBigint = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -1000n, max: 1000n }),
  fc.constantFrom(2n ** 51n, 2n ** 51n - 1n, -(2n ** 51n), 2n ** 64n - 1n, -(2n ** 63n)),
);
const anyValue: fc.Arbitrary<Value> = fc.oneof(
  anyNumber,
  anyBigint,
  fc.boolean(),
  fc.string({ unit: "grapheme" }),
);
const times = fc.oneof(fc.constant(0), fc.nat(5000), fc.integer({ min: -1e13, max: 1e13 }));

function samplesWith(values: fc.Arbitrary<Value>): fc.Arbitrary<Sample[]> {
  const good = fc
    .tuple(fc.nat(20), values, times)
    .map(([point, value, atMs]) => observed(point, value, atMs));
  const uncertain = good.map((sample): Sample => ({ ...sample, quality: "uncertain" }) as Sample);
  const bad = fc.tuple(fc.nat(20), times, fc.constantFrom("timeout", "无应答", "")).map(
    ([point, atMs, reason]): Sample => ({
      pointId: POINT_IDS[point] ?? "",
      timestampMs: START_MS + atMs,
      quality: "bad",
      value: null,
      reason,
    }),
  );
  const sample = fc.oneof({ weight: 6, arbitrary: good }, uncertain, bad);
  return fc.array(sample, { maxLength: 60 });
}

for (const [kind, values] of Object.entries({
  "any values": anyValue,
  numbers: anyNumber,
  bigints: anyBigint,
  booleans: fc.boolean(),
  texts: fc.string({ unit: "grapheme" }),
})) {
  test(`a block of ${kind} comes back exactly`, () => {
    fc.assert(
      fc.property(samplesWith(values as fc.Arbitrary<Value>), (samples) => {
        expect(decodeSamples(blockOf(samples), POINT_IDS)).toStrictEqual(pointMajor(samples));
      }),
      { numRuns: 400 },
    );
  });
}

test("every double comes back to the same bits", () => {
  fc.assert(
    fc.property(fc.array(fc.double(), { minLength: 1, maxLength: 5 }), (values) => {
      const body = blockOf(values.map((value, index) => observed(3, value, index)));
      const back = decodeSamples(body, POINT_IDS).map((sample) => sample.value);
      expect(back.every((value, index) => Object.is(value, values[index]))).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test("a body holds no memory beyond its bytes", () => {
  const body = blockOf([observed(1, 20.5)]);
  expect(body.buffer.byteLength).toBe(body.length);
});

test("a builder can be used again after it was sealed", () => {
  const builder = new BlockBuilder();
  builder.add(observed(9, "text"), 9);
  builder.add(observed(2, 1n), 2);
  builder.seal();
  builder.add(observed(1, 5), 1);
  const { packed, sampleCount, fromMs, toMs } = builder.seal();
  expect(decodeSamples(deflated(packed), POINT_IDS)).toStrictEqual([observed(1, 5)]);
  expect({ sampleCount, fromMs, toMs }).toEqual({
    sampleCount: 1,
    fromMs: START_MS,
    toMs: START_MS,
  });
});

test("an empty block has no samples and no times", () => {
  const { packed, ...about } = new BlockBuilder().seal();
  expect(decodeSamples(deflated(packed), [])).toEqual([]);
  expect(about).toEqual({ sampleCount: 0, fromMs: 0, toMs: 0 });
});

test("times that are none, bigints beyond 128 bits and endless texts do not spoil a block", () => {
  const odd: Sample[] = [
    { ...observed(0, 1), timestampMs: Number.NaN },
    { ...observed(1, 1), timestampMs: Number.POSITIVE_INFINITY },
    { ...observed(2, 1), timestampMs: 1.5 },
    observed(3, 2n ** 200n),
    observed(4, "x".repeat(70_000)),
  ];
  const back = decodeSamples(blockOf(odd), POINT_IDS);
  expect(back.map((sample) => sample.timestampMs).slice(0, 3)).toEqual([0, 2 ** 48, 2]);
  expect(back[3]?.value).toBe(String(2n ** 200n));
  expect(back[4]).toMatchObject({ quality: "bad", value: null });
});

test("foreign bytes throw MalformedBlock and nothing else", () => {
  const reject = (body: Uint8Array) => {
    try {
      decodeSamples(body, POINT_IDS);
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedBlock);
    }
  };
  fc.assert(fc.property(fc.uint8Array(), reject), { numRuns: 300 });
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80 }).map((bytes) => Uint8Array.of(1, ...bytes)),
      (packed) => reject(deflated(packed)),
    ),
    { numRuns: 3000 },
  );
});

test("a damaged block throws MalformedBlock or decodes to something", () => {
  const damage = fc.tuple(samplesWith(anyValue), fc.nat(), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(damage, ([samples, place, flip]) => {
      const packed = inflated(blockOf(samples));
      const flipped = Uint8Array.from(packed);
      flipped[place % packed.length] = (packed[place % packed.length] ?? 0) ^ flip;
      for (const bytes of [flipped, packed.subarray(0, place % packed.length)]) {
        try {
          expect(decodeSamples(deflated(bytes), POINT_IDS).length).toBeLessThanOrEqual(65_536);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedBlock);
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test("a body that inflates to gigabytes is refused", () => {
  const bomb = deflated(new Uint8Array(64 * 1024 * 1024));
  expect(() => decodeColumns(bomb)).toThrow(MalformedBlock);
});

interface Vector {
  readonly name: string;
  readonly samples: readonly VectorSample[];
  readonly packed: string;
}

const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL("./block-vectors.json", import.meta.url), "utf8"),
);

for (const { name, samples, packed } of vectors) {
  test(`vector: ${name}`, () => {
    const given = samples.map((sample) => sampleOfVector(sample, POINT_IDS));
    const builder = new BlockBuilder();
    for (const sample of given) builder.add(sample, POINT_IDS.indexOf(sample.pointId));
    expect(Buffer.from(builder.seal().packed).toString("hex")).toBe(packed);
    const body = deflated(Buffer.from(packed, "hex"));
    expect(decodeSamples(body, POINT_IDS)).toStrictEqual(pointMajor(given));
  });
}
