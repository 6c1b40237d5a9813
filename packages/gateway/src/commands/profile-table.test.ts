import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtinDrivers } from "@headgate/drivers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { profileLibrary, readProfile, shippedProfileFolders } from "../config/profile.ts";
import { writeCsv } from "../profiles/csv.ts";
import { checkProfileFile } from "./profile-check.ts";
import { exportProfile, importProfile } from "./profile-table.ts";

const library = profileLibrary(shippedProfileFolders());
const fixtures = fileURLToPath(new URL("../../../../tests/fixtures/", import.meta.url));
const head = {
  ...{ id: "mine", manufacturer: "M", models: ["X"], name: { en: "X", zh: "X" } },
  ...{ source: "a table", documentOffset: 0, driver: "modbus" as const },
};
const plain = { lang: "en", against: null } as const;

const ITEMS = `id: mine
manufacturer: M
models: [X]
name: { en: Meter, zh: 表 }
driver: dlt645
sources: { table: a table }
verified: manual
points:
  ia: { address: "0202FF00", format: XXX.XXX, signed: true, skip: 0, unit: A, meaning: current.l1 }
  own: { address: "00900100", format: XXXXXX.XX, signed: false, unit: kWh }
  kwh: { address: energy.active.import, unit: kWh, meaning: energy.active.import }
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-table-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function profileOf(id: string) {
  const profile = await library.load(id);
  if (!profile) throw new Error(`no profile ${id}`);
  return profile;
}

async function importText(text: string | Uint8Array, lang: "en" | "zh" = "en") {
  const file = join(folder, "points.csv");
  await writeFile(file, text);
  return importProfile(file, head, { ...plain, lang });
}

describe("headgate profile import", () => {
  it("tells which rows were refused, and why", async () => {
    const { report, yaml, isWhole } = await importText(
      [
        "point,address,function code,type,scale,unit,meaning,remark",
        'power,0x10,4,float,1,W,power.active.total,"a, b"',
        "bad,abc,9,float,x,W,power.wrong,",
        "power,3,4,int,,,,",
        ",4,4,int,,,,",
        "no-address,,4,int,,,,",
      ].join("\n"),
    );
    expect(report.split("\n")).toEqual([
      'column "remark" is not known and left out',
      expect.stringMatching(/^row 3 bad: refused, .*"abc" is no register.*"9" is no table/),
      'row 4 power: refused, "power" was there before',
      "row 5 : refused, it has no name",
      "row 6 no-address: refused, it has no address",
      "5 rows: 1 taken, 4 refused",
      "",
    ]);
    expect(report).toMatch(/scale: "x" is no number; meaning: meaning "power.wrong" is not/);
    expect(isWhole).toBe(false);
    expect(readProfile(yaml, "mine").points.power).toEqual({
      ...{ address: 16, scale: 1, unit: "W", meaning: "power.active.total" },
    });
    expect(readProfile(yaml, "mine").defaults).toEqual({ table: "input", type: "float32" });
  });

  it("takes a meaning with or without spaces, in full width and any case", async () => {
    const rows = ["测点,地址,含义", "a,1,A相电流", "b,2,Ａ 相 电压", "c,3,VOLTAGE L2 TO N"];
    const { yaml, isWhole } = await importText(rows.join("\n"), "zh");
    const { points } = readProfile(yaml, "mine");
    expect(Object.values(points).map(({ meaning }) => meaning)).toEqual([
      ...["current.l1", "voltage.l1n", "voltage.l2n"],
    ]);
    expect(isWhole).toBe(true);
  });

  it("asks about numbers that look like a manual's, where all do", async () => {
    const told = async (...rows: string[]) =>
      (await importText(["point,address,table", ...rows].join("\n"))).report;
    expect(await told("a,40001,3", "b,40017,")).toMatch(/write --document-offset -40001/);
    expect(await told("a,300001,4")).toMatch(/--document-offset/);
    expect(await told("a,40001,3", "b,7,")).not.toMatch(/document-offset/);
    expect(await told("a,30775,3")).not.toMatch(/document-offset/);
    expect(await told("a,40000,3")).not.toMatch(/document-offset/);
  });

  it("reads Chinese titles and meanings, in GB 18030 with semicolons too", async () => {
    // 测点;地址;单位;含义 / 频率;14;Hz;频率, as Excel writes it in China.
    const bytes = Buffer.from(
      "b2e2b5e33bb5d8d6b73bb5a5cebb3bbaacd2e50d0ac6b5c2ca3b31343b487a3bc6b5c2ca0d0a",
      "hex",
    );
    const { yaml, report } = await importText(bytes, "zh");
    expect(report).toBe("1 行：接受 1，拒绝 0\n");
    expect(readProfile(yaml, "mine").points).toEqual({
      频率: { address: 14, unit: "Hz", meaning: "frequency" },
    });
  });

  it("reads a workbook that another program wrote", async () => {
    const file = join(fixtures, "points-openpyxl.xlsx");
    const { report, yaml } = await importProfile(file, head, { lang: "zh", against: null });
    expect(report).toMatch(/^列“备注”无法识别，已忽略\n第 6 行 坏行：拒绝，/);
    expect(report).toMatch(/第 7 行 a相电压：拒绝，“a相电压”重复\n5 行：接受 3，拒绝 2\n$/);
    expect(readProfile(yaml, "mine").points).toMatchObject({
      a相电压: { address: 0x2000, unit: "V", meaning: "voltage.l1n" },
      总有功功率: { address: 8196, unit: "kW", meaning: "power.active.total" },
      频率: { address: 0x200e, scale: 0.01 },
    });
  });

  it("finds the table of a workbook as people keep them", async () => {
    // A cover, a hidden sheet, a heading, one function code for five rows, addresses in hex.
    const file = join(fixtures, "points-messy.xlsx");
    const { report, yaml } = await importProfile(file, head, { lang: "en", against: null });
    expect(report.split("\n")).toEqual([
      'column "备注" is not known and left out',
      'row 6 c相电压: refused, scale: "0,1" is no number; write 0.1',
      expect.stringMatching(/^row 7 总功率: refused, scale: "=0\.1\*10" is a formula without a /),
      expect.stringMatching(/^row 8 日期: refused, address: "2025-01-02" is no register; /),
      expect.stringMatching(/^row 9 错误: refused, unit: "=#REF!" is a formula without a result: /),
      "7 rows: 3 taken, 4 refused",
      "",
    ]);
    const { points, defaults } = readProfile(yaml, "mine");
    expect(defaults).toEqual({ table: "input", type: "float32" });
    expect(points).toEqual({
      a相电压: { address: 0x2006, scale: 0.1, unit: "V" },
      b相电压: { address: 0x2008, scale: 0.1, unit: "V" },
      频率: { address: 0x2044, table: "holding", scale: 0.01, unit: "Hz" },
    });
  });

  it.each([
    ["UTF-16 of Excel", Buffer.from("\ufeff测点\t地址\r\n电压\t16\r\n", "utf16le")],
    ["a delimiter that is said", Buffer.from("\ufeffsep=;\r\n测点;地址\r\n电压;16\r\n")],
    ["a heading with commas", Buffer.from("表,1,版,2,\n\n测点;地址;a;b;c;d\n电压;16\n")],
    ["a quote that is never closed", Buffer.from('测点,地址,备注\n电压,16,5" 管\n')],
    ["a title with its base", Buffer.from("测点,地址(十进制)\n电压,16\n")],
  ])("reads %s", async (_, bytes) => {
    const { yaml, isWhole } = await importText(bytes, "zh");
    expect(isWhole).toBe(true);
    expect(readProfile(yaml, "mine").points).toEqual({ 电压: { address: 16 } });
  });

  it("does not let a quote that is never closed swallow the rows below", async () => {
    const { report, yaml } = await importText('point,address,unit\na,1,"in\nb,2,V\n');
    expect(report).toBe("2 rows: 2 taken, 0 refused\n");
    expect(readProfile(yaml, "mine").points).toMatchObject({
      a: { unit: '"in' },
      b: { unit: "V" },
    });
  });

  it("says what is no table", async () => {
    const old = join(folder, "old.xls");
    await writeFile(old, "\xd0\xcf\x11\xe0");
    await expect(importProfile(old, head, plain)).rejects.toThrow(/save it as \.xlsx/);
    await expect(importText("a,b\n1,2\n")).rejects.toThrow(
      /titles "point" and "address" is missing; .* a, b; give/,
    );
    const file = join(folder, "no.xlsx");
    await writeFile(file, "PK, but no workbook");
    await expect(importProfile(file, head, plain)).rejects.toThrow(/no zip archive; give a/);
    await expect(importProfile(join(folder, "x.csv"), head, plain)).rejects.toThrow(/ENOENT/);
  });
});

describe("headgate profile export", () => {
  it.each([
    "eastron-sdm630",
    "acrel-adl400",
    "carlo-gavazzi-em24",
    "sunspec",
    "huawei-sun2000",
    "dlt645-meter",
    "cjt188-heat",
  ])("%s comes back from CSV and from Excel with no difference", async (id) => {
    const profile = await profileOf(id);
    const { manufacturer, models, name, documentOffset, driver } = profile;
    const same = { id, manufacturer, models, name, documentOffset, driver, source: "a table" };
    for (const [format, lang] of [
      ["csv", "en"],
      ["xlsx", "zh"],
    ] as const) {
      const out = join(folder, `${id}.${format}`);
      await exportProfile(profile, { variant: null, lang, out });
      const back = await importProfile(out, same, { lang: "en", against: profile });
      expect(back).toMatchObject({ diff: "", isWhole: true });
      await writeFile(join(folder, `${id}.yaml`), back.yaml);
      const checked = await checkProfileFile(join(folder, `${id}.yaml`), {
        drivers: builtinDrivers,
        lang: "en",
      });
      expect(checked.text).toMatch(/ is good: /);
    }
  });

  it("items of meters keep format, sign, place and unit, and the zeros before them", async () => {
    const profile = readProfile(ITEMS, "mine");
    const out = join(folder, "items.csv");
    await exportProfile(profile, { variant: null, lang: "zh", out });
    const text = await readFile(out, "utf8");
    expect(text).toContain("\r\nia,0202FF00,XXX.XXX,true,0,");
    // As a spreadsheet writes it back that took the number for one.
    await writeFile(out, text.replace(",00900100,", ",900100,"));
    const same = { ...head, driver: "dlt645", models: profile.models } as const;
    const back = await importProfile(out, same, { lang: "en", against: profile });
    expect(back).toMatchObject({ diff: "", isWhole: true });
    const { report } = await importProfile(out, head, { lang: "en", against: null });
    expect(report).toMatch(/"0202FF00" is no register/);
  });

  it("and a changed table tells what differs", async () => {
    const profile = await profileOf("eastron-sdm72");
    const csv = await exportProfile(profile, { variant: null, lang: "en", out: null });
    const file = join(folder, "changed.csv");
    const changed = csv.replace("power,52", "power,54").replace(/energy-total.*\r\n/, "");
    await writeFile(file, `${changed}extra,9,input,uint16,ABCD,A,current.l1\r\n`);
    const { diff } = await importProfile(file, head, { lang: "en", against: profile });
    expect(diff.split("\n")).toEqual([
      "~ power: address 52 → 54",
      "- energy-total",
      expect.stringMatching(/^\+ extra: table input, address 9, type uint16/),
      "",
    ]);
  });

  it("writes CSV that a spreadsheet opens", async () => {
    expect(writeCsv([["a", 'say "hi", you']])).toBe('\uFEFFa,"say ""hi"", you"\r\n');
    const out = join(folder, "zip.xlsx");
    await exportProfile(await profileOf("eastron-sdm72"), { variant: null, lang: "en", out });
    expect((await readFile(out)).subarray(0, 2).toString()).toBe("PK");
  });
});
