import { describe, expect, it } from "vitest";
import { repairFullWidth } from "./full-width.ts";

describe("full-width punctuation", () => {
  it.each([
    ["gateway： { id: a }", "gateway: { id: a }", "："],
    ["channel：plc-1", "channel: plc-1", "："],
    ["a: { b: 1， c: 2 ｝", "a: { b: 1, c: 2 }", "，｝"],
    ["address: “holding:0”", 'address: "holding:0"', "“”"],
    ["gateway: { name： 牧场， id: a }", "gateway: { name: 牧场, id: a }", "：，"],
  ])("is taken for what was meant: %s", (written, meant, told) => {
    const { text, mistakes } = repairFullWidth(written);
    expect(text).toBe(meant);
    expect(mistakes).toMatchObject([{ written: told, offset: written.indexOf(told[0] ?? "") }]);
  });

  it.each([
    "name: 七号牧场（北），二期：新",
    'path: "/数据：一"',
    "path: '/数据，一'",
    "a: 1 # 备注：随便写",
    "# 说明：“这里”",
    "p: { unit: （无）, scale: 2 }",
    'name: { en: "One, two", zh: "一（二），三" }',
    "name: { en: One, zh: 一（二） }",
  ])("may be part of a text: %s", (written) => {
    expect(repairFullWidth(written)).toMatchObject({ text: written, mistakes: [] });
  });

  it("keeps the places of what stands behind it", () => {
    const written = "a：1\nb：2\nwrong";
    const { text, originalOffset } = repairFullWidth(written);
    expect(originalOffset(text.indexOf("wrong"))).toBe(written.indexOf("wrong"));
    expect(originalOffset(text.indexOf("b"))).toBe(written.indexOf("b"));
  });
});
