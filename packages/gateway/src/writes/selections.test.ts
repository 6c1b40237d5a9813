import { SimClock } from "@headgate/model/testing";
import { expect, it } from "vitest";
import { Selections } from "./selections.ts";

const of = (pointId: string, value = 5) => ({ pointId, value, by: "anna" });

it("a selection is over after its time", async () => {
  const clock = new SimClock();
  const selections = new Selections(clock);
  const [early, late] = [selections.hold(of("a"), 1_000), selections.hold(of("b"), 1_001)];
  await clock.advance(1_001);
  expect(() => selections.take(early, of("a"))).toThrow(/is over; select again/);
  expect(() => selections.take(late, of("b"))).not.toThrow();
});

it("the last selection of a point counts, and they are bounded", async () => {
  const clock = new SimClock();
  const selections = new Selections(clock);
  const first = selections.hold(of("a", 5), 1_000);
  const other = { ...of("a", 6), by: "wang" };
  const second = selections.hold(other, 1_000);
  expect(() => selections.take(first, of("a", 5))).toThrow('"wang" has selected it meanwhile');
  expect(() => selections.take(second, other)).not.toThrow();
  expect(() => selections.take(second, other)).toThrow("the selection was used, or is over");
  expect(() => selections.take(undefined, other)).toThrow("write with --select");
  for (let count = 0; count < 256; count++) selections.hold(of(`p${count}`), 1_000);
  expect(() => selections.hold(of("more"), 1_000)).toThrow(/too many/);
  await clock.advance(1_001);
  expect(selections.hold(of("more"), 1_000)).toBeTruthy();
});
