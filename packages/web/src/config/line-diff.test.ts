import { expect, test } from "vitest";
import { diffLines } from "./line-diff.ts";

const SIGNS = { same: " ", old: "-", new: "+", skipped: "…" } as const;
const shown = (old: string, next: string) =>
  diffLines(old, next).map(({ kind, text }) => `${SIGNS[kind]}${text}`);
const many = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `l${from + index}`).join("\n");

test.each<[what: string, old: string, next: string, lines: readonly string[]]>([
  ["nothing", "a\nb\n", "a\nb\n", ["…"]],
  ["a line changed", "a\nb\nc\n", "a\nB\nc\n", [" a", "-b", "+B", " c"]],
  ["a line more", "a\nc\n", "a\nb\nc\n", [" a", "+b", " c"]],
  ["a line less", "a\nb\n", "a\n", [" a", "-b"]],
  ["all of it", "a\n", "b\n", ["-a", "+b"]],
  ["two places", "a\nb\nc\n", "A\nb\nC\n", ["-a", "+A", " b", "-c", "+C"]],
  [
    "far inside",
    `${many(0, 9)}\n`,
    `${many(0, 4)}\nx\n${many(4, 9)}\n`,
    ["…", " l1", " l2", " l3", "+x", " l4", " l5", " l6", "…"],
  ],
])("%s", (_, old, next, lines) => {
  expect(shown(old, next)).toEqual(lines);
});
