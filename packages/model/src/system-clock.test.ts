import { expect, it } from "vitest";
import { systemClock } from "./system-clock.ts";

it.each([2 ** 31, Number.POSITIVE_INFINITY])("sleeps %s ms, which no timer holds", async (ms) => {
  const waking = new AbortController();
  let isAwake = false;
  const slept = systemClock.sleep(ms, waking.signal).then(() => {
    isAwake = true;
  });
  await systemClock.sleep(50, waking.signal);
  expect(isAwake).toBe(false);
  waking.abort();
  await slept;
});
