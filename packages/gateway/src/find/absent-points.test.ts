import { expect, test } from "vitest";
import { isAbsence, pointsWithout } from "./absent-points.ts";
import { additionEdits } from "./addition.ts";
import { thingKey } from "./finder.ts";

test.each([
  ["illegal data address (exception 2)", true],
  ["illegal function (exception 1)", true],
  ["no such data (error 02)", true],
  ["item 00050000 (energy.reactive.q1): no such data (error 02); remove the point", true],
  ["another error, no such data (error 03)", true],
  ["this device has no SunSpec model with this point", true],
  ["timeout: no answer from unit 7 within 500 ms", false],
  ["device failure (exception 4)", false],
  ["device busy (exception 6)", false],
  ["gateway target failed to respond (exception 11)", false],
  ["wrong password or not authorised (error 04)", false],
  ["the device does not answer as a SunSpec device at 40000, 0 or 50000", false],
  ["not available (0x8000)", false],
  ["not read", false],
])("%s: a place that the device does not have? %s", (reason, expected) => {
  expect(isAbsence(reason)).toBe(expected);
});

test("only what the chosen profile and variant lack is left out", () => {
  const proposal = (variant: string, absent: readonly string[]) => ({
    ...{ profile: "meter", variant, name: { en: "", zh: "" }, models: [], score: 99 },
    ...{ variantName: { en: "", zh: "" }, values: [], absent },
  });
  const found = { proposals: [proposal("a", []), proposal("b", ["x", "y"])] };
  const without = (profile: string, variant: string) => pointsWithout(found, { profile, variant });
  expect(without("meter", "a")).toEqual({});
  expect(without("meter", "b")).toEqual({ points: { x: null, y: null } });
  expect(without("other", "b")).toEqual({});

  const thing = {
    ...({ kind: "meter", isRead: true, needsLogin: false, offers: [] } as const),
    ...{ channel: { driver: "modbus-tcp", host: "h" }, device: { unitId: 1 }, where: "" },
    ...({ trouble: null, said: "", answerMs: 1, identity: null, verdict: "one" } as const),
    ...found,
  };
  const login = { address: "", username: "", password: "" };
  const pick = { key: thingKey(thing), name: "m", profile: "meter", variant: "b", ...login };
  const { edits } = additionEdits([thing], [pick], { channels: {}, devices: {} });
  expect(edits[1]).toMatchObject({ path: ["devices", "m"], value: { points: { y: null } } });
});
