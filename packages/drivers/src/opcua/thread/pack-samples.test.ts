import { missing, type Sample } from "@headgate/model";
import { expect, it } from "vitest";
import { packSamples, unpackSamples } from "./pack-samples.ts";

const points = ["a", "b", "c"].map((id) => ({ id }));
const of = (pointId: string, value: boolean | number | bigint | string): Sample => ({
  pointId,
  timestampMs: 1_767_225_600_123,
  quality: "good",
  value,
  isDeviceTime: true,
});
const samples: Sample[] = [
  of("a", 230.1),
  of("b", -0),
  of("b", Number.NaN),
  of("c", 18_446_744_073_709_551_615n),
  of("a", true),
  of("a", false),
  of("b", ""),
  { pointId: "c", timestampMs: 7, quality: "uncertain", value: "纯牛奶" },
  missing("a", 5, "BadSensorFailure"),
  { ...missing("b", 6, "no value"), isDeviceTime: true },
];

it("brings every sample over as it was", () => {
  const place = ({ pointId }: Sample) => points.findIndex(({ id }) => id === pointId);
  const packed = packSamples(samples, place);
  const moved = structuredClone(packed, { transfer: [packed.memory] });
  expect(unpackSamples(moved, points)).toEqual(samples);
  expect(packed.memory.byteLength).toBe(0);
});

it("brings nothing over as nothing", () => {
  expect(
    unpackSamples(
      packSamples([], () => 0),
      points,
    ),
  ).toEqual([]);
});
