import { describe, expect, it } from "vitest";
import { importTable } from "./import-table.ts";

const TITLES = ["point", "address", "table", "not available"];

describe("a row of a table of points", () => {
  it("keeps the table that stands before its address", () => {
    const { points, rows } = importTable([TITLES, ["flow", "input:0x10"], ["on", "coil:3"]], "en");
    expect(rows.map(({ why }) => why)).toEqual([null, null]);
    expect(points.get("flow")).toEqual({ address: 16, table: "input" });
    expect(points.get("on")).toEqual({ address: 3, table: "coil" });
  });

  it("is refused where table and address contradict each other", () => {
    const { points, rows } = importTable([TITLES, ["flow", "input:16", "holding"]], "en");
    expect(rows[0]?.why).toMatch(/holding.*input:16/);
    expect(points.size).toBe(0);
  });

  it("is refused where a value that means none is no number", () => {
    const { rows } = importTable([TITLES, ["flow", "16", "", "FFFFh n/a"]], "en");
    expect(rows[0]?.why).toMatch(/"n\/a" is no raw value/);
    const { points } = importTable([TITLES, ["flow", "16", "", "0x8000 32767"]], "en");
    expect(points.get("flow")).toMatchObject({ nan: ["0x8000", 32_767] });
  });
});
