import { expect, it } from "vitest";
import { AbsentHosts } from "./absent-hosts.ts";

it("a host that was named is told with its reason; those of a range are counted", () => {
  const told: string[] = [];
  const absent = new AbsentHosts([["named"], ["a", "b", "c"]], (text) => told.push(text));
  for (const address of ["a", "named", "c"]) absent.tell(address, new Error(`no ${address}`));
  absent.end();
  expect(told).toEqual(["no named", "no answer at 2 of 3 addresses"]);
});

it("where all answer nothing is told", () => {
  const told: string[] = [];
  new AbsentHosts([["a", "b"]], (text) => told.push(text)).end();
  expect(told).toEqual([]);
});
