import { expect, it } from "vitest";
import { Admission } from "./admission.ts";

const counted = (bytesPerSecondMax: number, missing: Readonly<Record<string, number[]>>) => {
  const admission = new Admission(bytesPerSecondMax);
  admission.count(
    Object.entries(missing).flatMap(([gatewayId, counts]) =>
      counts.map((count) => ({ gatewayId, covered: [{ first: 1, last: 7 }], target: 7 + count })),
    ),
  );
  return admission.limits;
};

it.each<[string, number, Readonly<Record<string, number[]>>, { rate: number } | undefined]>([
  ["nothing without a limit", Number.POSITIVE_INFINITY, { a: [9999] }, undefined],
  ["all of it where nobody is behind", 1e6, { a: [3], b: [59] }, { rate: 1e6 }],
  ["a share where some are", 1e6, { a: [600], b: [3], c: [60] }, { rate: 5e5 }],
  ["by gateway, not by stream", 1e6, { a: [30, 30], b: [40, 40] }, { rate: 5e5 }],
  ["never nothing", 5000, { a: [99], b: [99], c: [99], d: [99], e: [99], f: [99] }, { rate: 1000 }],
])("gives %s", (_name, bytesPerSecondMax, missing, limits) => {
  expect(counted(bytesPerSecondMax, missing)).toEqual(limits);
});
