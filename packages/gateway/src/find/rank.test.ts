import { expect, it } from "vitest";
import { rank, type Verdict } from "./rank.ts";

type Weights = readonly number[];
const judged = (candidate: string, weights: Weights, refusedShare = 0) => {
  return { candidate, refusedShare, evidence: weights.map((weight) => ({ weight, text: "" })) };
};

it.each<[what: string, Parameters<typeof rank<string>>[0], Verdict, string]>([
  ["nobody", [], "none", ""],
  ["too little", [judged("a", [0.9])], "none", ""],
  ["a little", [judged("a", [2])], "weak", "a"],
  ["much", [judged("a", [5])], "one", "a"],
  ["much, and more of another", [judged("a", [5]), judged("b", [9])], "one", "b"],
  ["two alike, the better one first", [judged("a", [5]), judged("b", [7])], "several", "b a"],
  ["a third part against it", [judged("a", [9, -3])], "one", "a"],
  ["more than that against it", [judged("a", [20, -8])], "none", ""],
  ["half of its points refused", [judged("a", [20], 0.5)], "none", ""],
  ["fewer refused", [judged("a", [20], 0.4)], "one", "a"],
])("%s is %s", (_what, candidates, verdict, fitting) => {
  const found = rank(candidates);
  expect([found.verdict, found.fitting.map(({ candidate }) => candidate).join(" ")]).toEqual([
    verdict,
    fitting,
  ]);
});

it("is never wholly sure", () => {
  const [best] = rank([judged("a", [100])]).fitting;
  expect(best?.score).toBe(99);
});
