import type { Connection } from "@headgate/model";
import { expect, it } from "vitest";
import { atMsOf, createWorld, pointConfig, scanned } from "../../testing/acquire-world.ts";
import { planAcquisition } from "./plan.ts";

it("forgets no event that comes while another plan is taken up", async () => {
  const motion = scanned("motion", 1e6);
  const snapshot = pointConfig("snapshot", { kind: "event", onEvent: ["d/motion"] });
  const slow = scanned("slow", 100);
  const { clock, stop, live, reads, connection, plans, good, run } = createWorld([
    motion,
    snapshot,
    slow,
  ]);
  const slowly = Promise.withResolvers<void>();
  const read: Connection["read"] = async (points, signal) => {
    const samples = await connection.read(points, signal);
    if (points.some(({ id }) => id === "d/slow") && reads.length > 2) await slowly.promise;
    return samples;
  };
  const ended = run({ ...connection, read });
  await clock.advance(150);
  // While something is read: an event of the plan that goes, and one after it has gone.
  live.put(live.slotOf("d/motion"), good("d/motion", true));
  live.put(live.slotOf("d/motion"), good("d/motion", false));
  const other = pointConfig("other", { kind: "event", onEvent: ["d/motion"] });
  live.add(["d/other"]);
  plans.change(planAcquisition([motion, snapshot, slow, other], live, plans.current));
  live.put(live.slotOf("d/motion"), good("d/motion", true));
  slowly.resolve();
  await clock.advance(10);
  stop.abort();
  await ended;
  expect(atMsOf(reads, "d/snapshot")).toHaveLength(1);
  expect(atMsOf(reads, "d/other")).toHaveLength(1);
});

it("reads at once what is new, though yet another plan comes before it could", async () => {
  const a = scanned("a", 1000);
  const { clock, stop, live, reads, connection, plans, run } = createWorld([a]);
  const slowly = Promise.withResolvers<void>();
  const read: Connection["read"] = async (points, signal) => {
    const samples = await connection.read(points, signal);
    await slowly.promise;
    return samples;
  };
  const ended = run({ ...connection, read });
  await clock.advance(10);
  live.add(["d/b", "d/c"]);
  const b = scanned("b", 1000);
  plans.change(planAcquisition([a, b], live, plans.current));
  plans.change(planAcquisition([a, b, scanned("c", 1000)], live, plans.current));
  slowly.resolve();
  await clock.advance(10);
  stop.abort();
  await ended;
  expect(reads.map(({ ids }) => ids.join(" "))).toEqual(["d/a", "d/b d/c"]);
});
