import { describe, expect, it } from "vitest";
import { Suspicion, type UnderWay } from "./suspicion.ts";

const batch = (first: number, last = first, stream: "main" | "media" = "main"): UnderWay => {
  return { ranges: [{ stream, epoch: "e", first, last }], entryCount: last - first + 1 };
};

type Step = readonly ["closed", ...UnderWay[]] | readonly ["taken", UnderWay];

function after(...steps: readonly Step[]): Suspicion {
  const suspicion = new Suspicion();
  for (const [what, ...batches] of steps) {
    if (what === "closed") suspicion.closed(batches);
    else suspicion.taken(batches.flatMap(({ ranges }) => ranges));
  }
  return suspicion;
}

const times = (count: number, step: Step): Step[] => Array.from({ length: count }, () => step);
const picture = batch(5, 5, "media");

describe("a connection that ends without a word", () => {
  it.each<[string, Step[], UnderWay, ReturnType<Suspicion["judge"]>]>([
    ["twice is nothing", times(2, ["closed", picture]), picture, "send"],
    ["three times over one picture names it", times(3, ["closed", picture]), picture, "culprit"],
    [
      "three times over a batch asks for it piece by piece",
      times(3, ["closed", batch(1, 9)]),
      batch(1, 9),
      "narrow",
    ],
    ["pieces may go", times(3, ["closed", batch(1, 9)]), batch(4), "send"],
    ["other blocks are not concerned", times(3, ["closed", batch(1, 9)]), batch(10, 30), "send"],
    [
      "what was taken is innocent, even in company",
      [...times(3, ["closed", batch(1, 9)]), ["taken", batch(1, 4)]],
      batch(1, 4),
      "send",
    ],
    [
      "a piece that is met three times more is the culprit",
      [
        ...times(3, ["closed", batch(1, 9), batch(20, 29)]),
        ["taken", batch(1, 3)],
        ...times(3, ["closed", batch(4)]),
      ],
      batch(4),
      "culprit",
    ],
    [
      "a piece in company is not proved to be the culprit",
      [...times(3, ["closed", batch(1, 9)]), ...times(4, ["closed", batch(4), batch(30)])],
      batch(4),
      "send",
    ],
    [
      "each time over something else is the line, not a block",
      [1, 2, 3, 4, 5, 6].map((seq) => ["closed", batch(seq)] as const),
      batch(6),
      "send",
    ],
    [
      "with nothing on the way clears all",
      [...times(2, ["closed", picture]), ["closed"], ["closed", picture]],
      picture,
      "send",
    ],
    [
      "batches that grow meanwhile are told by what they share",
      [
        ["closed", batch(1, 5)],
        ["closed", batch(1, 7)],
        ["closed", batch(1, 12)],
      ],
      batch(1, 20),
      "narrow",
    ],
    [
      "of another stream is another matter",
      times(3, ["closed", picture]),
      batch(5, 5, "main"),
      "send",
    ],
  ])("%s", (_name, steps, asked, verdict) => {
    expect(after(...steps).judge(asked)).toBe(verdict);
  });

  it("asks for care until all suspects are cleared", () => {
    const suspicion = after(...times(3, ["closed", batch(1, 9)]));
    expect(suspicion.isCareful).toBe(true);
    suspicion.taken(batch(1, 8).ranges);
    expect(suspicion.isCareful).toBe(true);
    suspicion.taken(batch(9).ranges);
    expect(suspicion.isCareful).toBe(false);
  });
});
