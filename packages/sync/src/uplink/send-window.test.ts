import { expect, it } from "vitest";
import { SendWindow } from "./send-window.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

it("lets in as many as it is wide, and others in their order", async () => {
  const window = new SendWindow(2);
  const entered: number[] = [];
  for (const n of [1, 2, 3, 4]) void window.enter().then(() => entered.push(n));
  await turn();
  expect(entered).toEqual([1, 2]);
  window.leave();
  await turn();
  expect(entered).toEqual([1, 2, 3]);
});

it("shrinks by half and grows back slowly, never beyond its size", async () => {
  const window = new SendWindow(4);
  window.shrink();
  expect(window.size).toBe(2);
  for (let n = 0; n < 19; n++) window.grow();
  expect(window.size).toBe(2);
  window.grow();
  expect(window.size).toBe(3);
  for (let n = 0; n < 1000; n++) window.grow();
  expect(window.size).toBe(4);
  for (let n = 0; n < 9; n++) window.shrink();
  expect(window.size).toBe(1);
});
