import { expect, test } from "vitest";
import type { PointView } from "../status.ts";
import { pointTitle } from "./point-title.ts";

const MEANINGS = new Map([["power.active.total", { en: "Active power total", zh: "总有功功率" }]]);
const meant = { meaning: "power.active.total" };

test.each([
  ["what it means", meant, "zh", "总有功功率"],
  ["what it means", meant, "en", "Active power total"],
  ["what somebody called it", { ...meant, name: "挤奶厅" }, "en", "挤奶厅"],
  ["its id where no profile tells of it", {}, "zh", "power"],
  ["its id where the words are not known", { meaning: "status" }, "zh", "power"],
] as const)("a point is called by %s: %j in %s", (_, replaced, lang, title) => {
  const point = { id: "meter/power" as PointView["id"], name: "power", meaning: null, ...replaced };
  expect(pointTitle(point, MEANINGS, lang)).toBe(title);
});
