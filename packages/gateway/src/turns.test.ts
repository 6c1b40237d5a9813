import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

test("works follow one another, also behind one that failed", async () => {
  const turns = new Turns();
  const told: string[] = [];
  const work = (name: string) => async () => {
    told.push(`${name} begins`);
    await new Promise(setImmediate);
    if (name === "b") throw new Error("b failed");
    told.push(`${name} ends`);
    return name;
  };
  const all = Promise.allSettled(["a", "b", "c"].map((name) => turns.take(work(name))));
  await turns.rest();
  expect(told).toEqual(["a begins", "a ends", "b begins", "c begins", "c ends"]);
  const [a, b, c] = await all;
  expect([a, c]).toMatchObject([{ value: "a" }, { value: "c" }]);
  expect(b).toMatchObject({ reason: { message: "b failed" } });
});
