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

  it("says what is no table", async () => {
    await expect(importText("a,b\n1,2\n")).rejects.toThrow(/titles, "point" and "address"/);
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
