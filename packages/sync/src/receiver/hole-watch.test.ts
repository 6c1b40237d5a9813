import { expect, test } from "vitest";
import { HoleWatch } from "./hole-watch.ts";

const seen = (covered: readonly [number, number][], target: number) => ({
  gatewayId: "g",
  stream: "main" as const,
  epoch: "e",
  covered: covered.map(([first, last]) => ({ first, last })),
  target,
});

test("a hole is asked for once nothing filled it for the timeout, then ever less often", () => {
  const watch = new HoleWatch(100);
  const holed = seen(
    [
      [1, 3],
      [6, 9],
    ],
    9,
  );
  expect(watch.due(holed, 0)).toEqual([]);
  expect(watch.due(holed, 99)).toEqual([]);
  expect(watch.due(holed, 100)).toEqual([{ first: 4, last: 5 }]);
  expect(watch.due(holed, 299)).toEqual([]);
  expect(watch.due(holed, 300)).toEqual([{ first: 4, last: 5 }]);
  expect(watch.due(holed, 699)).toEqual([]);
  expect(watch.due(holed, 700)).toHaveLength(1);
});

test("a backlog that is still coming is left alone, live blocks do not count as progress", () => {
  const watch = new HoleWatch(100);
  for (let now = 0; now < 1000; now += 50) {
    const head = 500 + now / 50;
    expect(
      watch.due(
        seen(
          [
            [1, 10 + now / 50],
            [500, head],
          ],
          head,
        ),
        now,
      ),
    ).toEqual([]);
  }
  for (let now = 1000; now < 1050; now += 50) {
    expect(
      watch.due(
        seen(
          [
            [1, 29],
            [500, 520],
          ],
          520,
        ),
        now,
      ),
    ).toEqual([]);
  }
  expect(
    watch.due(
      seen(
        [
          [1, 29],
          [500, 560],
        ],
        560,
      ),
      1050,
    ),
  ).toEqual([{ first: 30, last: 499 }]);
});

test("what a gateway says it has is missed too", () => {
  const watch = new HoleWatch(100);
  expect(watch.due(seen([[1, 3]], 5), 0)).toEqual([]);
  expect(watch.due(seen([[1, 3]], 5), 100)).toEqual([{ first: 4, last: 5 }]);
  expect(watch.due(seen([], 0), 100)).toEqual([]);
});

test("a hole that closed starts afresh", () => {
  const watch = new HoleWatch(100);
  watch.due(seen([[2, 2]], 2), 0);
  expect(watch.due(seen([[1, 2]], 2), 50)).toEqual([]);
  expect(
    watch.due(
      seen(
        [
          [1, 2],
          [4, 4],
        ],
        4,
      ),
      120,
    ),
  ).toEqual([]);
  expect(
    watch.due(
      seen(
        [
          [1, 2],
          [4, 4],
        ],
        4,
      ),
      220,
    ),
  ).toEqual([{ first: 3, last: 3 }]);
});

test("after a broker forgot us, holes are asked for sooner", () => {
  const watch = new HoleWatch(1000);
  watch.hurry(100);
  const nothing = seen([], 9);
  expect(watch.due(nothing, 0)).toEqual([]);
  expect(watch.due(nothing, 100)).toHaveLength(1);
  expect(watch.due(nothing, 299)).toEqual([]);
  expect(watch.due(nothing, 300)).toHaveLength(1);
  // What fills is not pressed.
  expect(watch.due(seen([[1, 5]], 9), 310)).toEqual([]);
  expect(watch.due(seen([[1, 5]], 9), 1309)).toEqual([]);
  expect(watch.due(seen([[1, 5]], 9), 1310)).toHaveLength(1);
});
