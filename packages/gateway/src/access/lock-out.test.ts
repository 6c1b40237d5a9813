import { expect, test } from "vitest";
import { LockOut } from "./lock-out.ts";
import { RateLimit } from "./rate-limit.ts";

test("five wrong ones lock a key, each more for twice as long, up to a quarter of an hour", () => {
  const lock = new LockOut();
  const locks = Array.from({ length: 12 }, () => lock.wrong("tech-1 10.0.4.2", 0) / 1000);
  expect(locks).toEqual([0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]);
  expect(lock.lockedForMs("tech-1 10.0.4.2", 899_000)).toBe(1000);
  expect(lock.lockedForMs("tech-1 10.0.4.2", 900_000)).toBe(0);
  expect(lock.lockedForMs("tech-1 10.0.4.3", 0)).toBe(0);
});

test("a right one forgives, and so does an hour", () => {
  const lock = new LockOut();
  for (let count = 0; count < 4; count++) lock.wrong("a", 0);
  lock.right("a");
  expect(lock.wrong("a", 0)).toBe(0);
  for (let count = 0; count < 3; count++) lock.wrong("a", 0);
  expect(lock.wrong("a", 3_600_001)).toBe(0);
});

test("a budget is a burst and a rate, for each asker and each kind", () => {
  const limit = new RateLimit({
    work: { burst: 3, perSecond: 2 },
    read: { burst: 1, perSecond: 1 },
  });
  expect([0, 0, 0].map(() => limit.take("work", "a", 0))).toEqual([0, 0, 0]);
  expect(limit.take("work", "a", 0)).toBe(500);
  expect(limit.take("work", "b", 0)).toBe(0);
  expect(limit.take("read", "a", 0)).toBe(0);
  expect(limit.take("work", "a", 500)).toBe(0);
  expect(limit.take("work", "a", 500)).toBe(500);
  // A long silence fills no more than the burst.
  expect([0, 0, 0, 500]).toEqual(
    Array.from({ length: 4 }, () => limit.take("work", "a", 1_000_000)),
  );
});
