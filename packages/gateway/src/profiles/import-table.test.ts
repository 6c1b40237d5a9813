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

  it("is understood as people keep such tables", () => {
    const chinese = [
      ["序号", "点位名称", "起始地址", "读功能码", "数据类型", "字节顺序", "比例系数", "计量单位"],
      ["1", "频率", "20-21", "03", "32位浮点数", "3412", "1", "Hz"],
    ];
    expect([...importTable(chinese, "zh").points]).toEqual([
      [
        "频率",
        {
          ...{ address: 20, table: "holding", type: "float32", order: "CDAB", scale: 1 },
          unit: "Hz",
        },
      ],
    ]);
    const english = [
      ["Tag Name", "Modbus Address", "Register Type", "Data Type", "Scale Factor", "R/W"],
      ["Active Power", "0x34~0x35", "Input Register", "REAL", "0.001", "R"],
    ];
    expect([...importTable(english, "en").points]).toEqual([
      ["active-power", { address: 52, table: "input", type: "float32", scale: 0.001 }],
    ]);
  });

  it("is refused where it may mean something else, and told what to write", () => {
    const rows = [
      ["tag", "reg", "type", "endian"],
      ["alarm", "40020.3", "bit", ""],
      ["back", "21-20", "int16", ""],
      ["energy", "4", "uint32 (swapped)", ""],
      ["power", "6", "int32", "little-endian"],
    ];
    expect(importTable(rows, "en").rows.map(({ why }) => why)).toEqual([
      expect.stringContaining('write 40020, and the bit into a column of its own, "bit"'),
      expect.stringContaining('"21-20" is no register'),
      expect.stringContaining("is no type; write int16"),
      expect.stringContaining("write ABCD, CDAB, BADC or DCBA"),
    ]);
  });
});
