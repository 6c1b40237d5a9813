import { beforeEach, expect, it } from "vitest";
import { VersionMemory } from "./version-memory.ts";

let memory: VersionMemory;
beforeEach(() => {
  memory = new VersionMemory();
});

it("takes the server at its word", () => {
  expect(memory.first).toBe(5);
  expect(memory.mayFallBack(5, true)).toBe(true);
  memory.connected(4, true);
  expect(memory.first).toBe(4);
});

it("tries 5 again where 3.1.1 was only a guess, and believes the third", () => {
  const tried = [];
  for (let round = 0; round < 4; round++) {
    tried.push(memory.first);
    expect(memory.mayFallBack(5, false)).toBe(true);
    memory.connected(4, false);
  }
  expect(tried).toEqual([5, 5, 5, 4]);
});

it("takes turns with a server that gives no word, and is not left with 3.1.1 by chance", () => {
  memory.unanswered(5);
  expect(memory.first).toBe(4);
  memory.connected(4, false);
  expect(memory.first).toBe(5);
  memory.connected(5, false);
  expect(memory.first).toBe(5);
});

it("does not doubt a server that spoke 5 because a connection is closed", () => {
  memory.connected(5, false);
  for (let round = 0; round < 9; round++) {
    expect(memory.mayFallBack(5, false)).toBe(false);
    memory.unanswered(5);
    expect(memory.first).toBe(5);
  }
  memory.unanswered(5);
  expect(memory.first).toBe(4);
});
