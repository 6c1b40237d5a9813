import { type Connection, missing } from "@headgate/model";
import { expect, it } from "vitest";
import { oneReadAtATime } from "./one-read-at-a-time.ts";

const { signal } = new AbortController();

it("has reads wait for each other, in order, also after one that failed", async () => {
  const told: string[] = [];
  let runningCount = 0;
  const connection = oneReadAtATime({
    read: async (points) => {
      const [name = ""] = points.map(({ id }) => id);
      told.push(`${name} ${++runningCount}`);
      await Promise.resolve();
      runningCount--;
      if (name === "b") throw new Error("refused");
      return points.map(({ id }) => missing(id, 0, "none"));
    },
    close: async () => {},
  } satisfies Connection);
  const reads = ["a", "b", "c"].map((id) => {
    return connection.read([{ id, address: null, device: null }], signal);
  });
  const outcomes = await Promise.allSettled(reads);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(told).toEqual(["a 1", "b 1", "c 1"]);
});

it("leaves alone who puts reads in order itself", () => {
  const read = async () => [];
  const connection = { read, close: async () => {}, schedule: () => {} };
  expect(oneReadAtATime(connection).read).toBe(read);
});
