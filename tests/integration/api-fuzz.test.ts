import { expect, test } from "vitest";
import { fuzzApi } from "../faults/api/api-fuzz.ts";

// Of `pnpm fuzz-api`, which asks for ten minutes, so much as fits in between.
const SECONDS = 10;

test("whoever asks whatever, the API answers, and the gateway does its work", async () => {
  const { faults, requestCount, statuses } = await fuzzApi({ seconds: SECONDS, seed: 1 });
  expect([...faults]).toEqual([]);
  expect(requestCount).toBeGreaterThan(50);
  expect(statuses.size).toBeGreaterThan(10);
}, 240_000);
