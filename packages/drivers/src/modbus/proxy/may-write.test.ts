import { expect, it } from "vitest";
import { writeCoil, writeRegisters } from "../request.ts";
import { mayWriteBy } from "./may-write.ts";
import { proxySchema } from "./settings.ts";

const { writes } = proxySchema.parse({
  listen: "127.0.0.1:0",
  tls: { ca: "ca", cert: "cert", key: "key" },
  writes: [
    { clients: ["10.0.0.0/24"], units: [1, 2], registers: ["holding:10-19", "coil:3"] },
    { roles: ["operator"], units: [3], registers: ["holding:0-65535"] },
  ],
});
const mayWrite = mayWriteBy(writes);
const words = (unitId: number, from: number, count: number) =>
  writeRegisters(unitId, from, Buffer.alloc(count * 2));
const inside = { address: "10.0.0.7", role: null };
const outside = { address: "10.0.1.7", role: null };
const operator = { address: "10.0.1.7", role: "operator" };

it.each([
  ["the first and the last register of a rule", inside, words(1, 10, 10), true],
  ["one before it", inside, words(1, 9, 2), false],
  ["one behind it", inside, words(1, 19, 2), false],
  ["another unit of the rule", inside, words(2, 10, 1), true],
  ["a unit of another rule", inside, words(3, 10, 1), false],
  ["another client", outside, words(1, 10, 1), false],
  ["a coil", inside, writeCoil(1, 3, true), true],
  ["a coil where the rule has a register", inside, writeCoil(1, 10, true), false],
  ["a register where the rule has a coil", inside, words(1, 3, 1), false],
  ["a role, from anywhere", operator, words(3, 65_535, 1), true],
  ["a role, at another rule's unit", operator, words(1, 10, 1), false],
  ["no role", inside, words(3, 0, 1), false],
])("%s", (_what, writer, write, is) => {
  expect(mayWrite(writer, write)).toBe(is);
});
