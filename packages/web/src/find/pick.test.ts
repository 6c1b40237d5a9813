import { describe, expect, it } from "vitest";
import {
  doneShare,
  type FoundThing,
  firstPoints,
  isWanted,
  modelsFor,
  obstacleOf,
  pickOf,
} from "./pick.ts";

const proposal = (profile: string) => ({
  ...{
    profile,
    variant: null,
    variantName: null,
    name: { en: profile, zh: profile },
    models: [],
    score: 98,
    absent: [],
  },
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

const NOBODY = thing({ proposals: [], verdict: "none" });

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
    ["but with a profile of the library", NOBODY, { profile: "sdm120" }, "none", true],
    ["or with points of its own", NOBODY, { profile: "" }, "none", true],
    [
      "not who was chosen for, and is not wanted",
      NOBODY,
      { profile: "", isWanted: false },
      "none",
      false,
    ],
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
  const chosen = { profile: "c", address: "holding:9" };
  expect(pickOf(two, chosen)).toMatchObject({ profile: "c", variant: null, address: "" });
  const own = { profile: "", address: " holding:9 " };
  expect(pickOf(two, own)).toMatchObject({ profile: null, address: "holding:9" });
});

it("the overview begins with a few values of each", () => {
  const added = [{ key: "a", device: "tank" }];
  expect(firstPoints([thing()], added, {})).toEqual(["tank/voltage", "tank/power"]);
  expect(firstPoints([thing()], added, { a: { profile: "other" } })).toEqual([]);
  const many = Array.from({ length: 9 }, (_, index) => ({ key: "a", device: `d${index}` }));
  expect(firstPoints([thing()], many, {})).toHaveLength(8);
});

it("models to choose from are of the thing's protocol, by maker", () => {
  const model = (id: string, driver: string, manufacturer: string) => ({
    id,
    driver,
    manufacturer,
  });
  const library = [
    model("z1", "modbus", "Zeta"),
    model("a1", "modbus", "Alpha"),
    model("w1", "cjt188", "Alpha"),
    model("z2", "modbus-tcp", "Zeta"),
  ];
  const of = (driver: string) =>
    modelsFor({ channel: { driver } }, library).map(([maker, models]) => [
      maker,
      models.map(({ id }) => id),
    ]);
  expect(of("modbus-rtu")).toEqual([
    ["Alpha", ["a1"]],
    ["Zeta", ["z1"]],
  ]);
  expect(of("modbus-tcp")).toEqual([
    ["Alpha", ["a1"]],
    ["Zeta", ["z1", "z2"]],
  ]);
  expect(of("cjt188")).toEqual([["Alpha", ["w1"]]]);
});

it("how far it is goes by time", () => {
  expect(doneShare({ state: "running", tookMs: 0, leftMs: 0 })).toBe(0);
  expect(doneShare({ state: "running", tookMs: 10, leftMs: 30 })).toBe(0.25);
  expect(doneShare({ state: "running", tookMs: 10, leftMs: 0 })).toBe(0.99);
  expect(doneShare({ state: "done", tookMs: 10, leftMs: null })).toBe(1);
});
