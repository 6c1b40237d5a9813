import { describe, expect, it } from "vitest";
import { doneShare, type FoundThing, firstPoints, isWanted, obstacleOf, pickOf } from "./pick.ts";

const proposal = (profile: string) => ({
  ...{ profile, variant: null, name: { en: profile, zh: profile }, models: [], score: 98 },
  values: ["voltage", "power", "frequency"].map((point) => ({
    ...{ point, meaning: point, value: 1, unit: "" },
  })),
});
const thing = (given: Partial<FoundThing> = {}): FoundThing => ({
  ...{ key: "a", kind: "meter", channel: {}, device: {}, where: "", trouble: null, said: "" },
  ...{ answerMs: 1, identity: null, verdict: "one", proposals: [proposal("sdm630")] },
  ...{ isRead: true, needsLogin: false, offers: [], existing: null, name: "sdm630" },
  ...given,
});

describe("what is ticked without a word", () => {
  it.each([
    ["who is certain", thing(), {}, "none", true],
    ["who may be one of several", thing({ verdict: "several" }), {}, "none", true],
    ["not who may as well be another", thing({ verdict: "weak" }), {}, "none", false],
    ["unless the reader says so", thing({ verdict: "weak" }), { isWanted: true }, "none", true],
    ["not who is there", thing({ existing: "main" }), { isWanted: true }, "existing", false],
    ["not who is being read", thing({ isRead: false }), {}, "reading", false],
    ["not two of one id", thing({ trouble: "conflict" }), {}, "conflict", false],
    ["not whom no profile fits", thing({ proposals: [], verdict: "none" }), {}, "unknown", false],
    ["not a closed camera", thing({ kind: "camera", needsLogin: true }), {}, "login", false],
    [
      "but with its password",
      thing({ kind: "camera", needsLogin: true }),
      { username: "a", password: "b" },
      "none",
      true,
    ],
  ] as const)("%s", (_, given, choice, ...expected) => {
    expect([obstacleOf(given, choice), isWanted(given, choice)]).toEqual(expected);
  });
});

it("a pick is what was proposed, as far as the reader says nothing else", () => {
  const two = thing({ proposals: [proposal("a"), proposal("b")] });
  expect(pickOf(two, {})).toMatchObject({ name: "sdm630", profile: "a" });
  expect(pickOf(two, { index: 1, name: " 奶罐 " })).toMatchObject({ name: "奶罐", profile: "b" });
  expect(pickOf(thing({ proposals: [] }), { name: "" })).toMatchObject({ profile: null });
});

it("the overview begins with a few values of each", () => {
  const added = [{ key: "a", device: "tank" }];
  expect(firstPoints([thing()], added, {})).toEqual(["tank/voltage", "tank/power"]);
  const many = Array.from({ length: 9 }, (_, index) => ({ key: "a", device: `d${index}` }));
  expect(firstPoints([thing()], many, {})).toHaveLength(8);
});

it("how far it is goes by time", () => {
  expect(doneShare({ state: "running", tookMs: 0, leftMs: 0 })).toBe(0);
  expect(doneShare({ state: "running", tookMs: 10, leftMs: 30 })).toBe(0.25);
  expect(doneShare({ state: "running", tookMs: 10, leftMs: 0 })).toBe(0.99);
  expect(doneShare({ state: "done", tookMs: 10, leftMs: null })).toBe(1);
});
