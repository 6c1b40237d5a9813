import { expect, it } from "vitest";
import { type HeldSubscription, heldOf, LeftSubscriptions } from "./held-subscription.ts";

const heldAs = (id: number): HeldSubscription => ({
  id,
  publishingMs: 500,
  keepAliveCount: 10,
  lifetimeMs: 60_000,
  items: [],
  absent: [],
  polled: [],
  lastNumber: 0,
});

it("gives a subscription to who comes back, once", () => {
  const left = new LeftSubscriptions();
  left.leave("a", heldAs(1), 0);
  left.leave("b", heldAs(2), 0);
  expect(left.take("c", 1)).toBeNull();
  expect(left.take("a", 59_999)?.id).toBe(1);
  expect(left.take("a", 59_999)).toBeNull();
  expect(left.take("b", 59_999)?.id).toBe(2);
});

it("gives none that the server has ended since", () => {
  const left = new LeftSubscriptions();
  left.leave("a", heldAs(1), 0);
  expect(left.take("a", 60_000)).toBeNull();
});

it("keeps the last one of the same points, and only so many", () => {
  const left = new LeftSubscriptions();
  left.leave("a", heldAs(1), 0);
  left.leave("a", heldAs(2), 1);
  expect(left.take("a", 2)?.id).toBe(2);
  for (let id = 0; id < 300; id++) left.leave(`key ${id}`, heldAs(id), 2);
  expect(left.take("key 43", 3)).toBeNull();
  expect(left.take("key 44", 3)?.id).toBe(44);
});

const asked = {
  requestedPublishingInterval: 500,
  requestedMaxKeepAliveCount: 10,
  requestedLifetimeCount: 120,
};

it.each([
  ["as the server has it", [1000, 20, 240], [1000, 20, 240_000]],
  ["as asked where that is nothing", [0, 0, 0], [500, 10, 60_000]],
  ["as asked where that is no number", [Number.NaN, 10, 120], [500, 10, 60_000]],
  ["as asked where that is for ever", [1e300, 0xffff_ffff, 0xffff_ffff], [500, 10, 60_000]],
  ["as asked where that is before now", [-5, 10, 120], [500, 10, 60_000]],
])("is %s", (_what, [publishingMs = 0, keepAliveCount = 0, lifetimeCount = 0], expected) => {
  const made = {
    subscriptionId: 7,
    revisedPublishingInterval: publishingMs,
    revisedMaxKeepAliveCount: keepAliveCount,
    revisedLifetimeCount: lifetimeCount,
  };
  const held = heldOf(made, asked);
  expect([held.publishingMs, held.keepAliveCount, held.lifetimeMs]).toEqual(expected);
});
