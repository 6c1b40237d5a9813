import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtinDrivers } from "@headgate/drivers";
import {
  createVirtualMeter,
  createVirtualMeterLine,
  openVirtualLine,
  VirtualRegisters,
} from "@headgate/drivers/testing";
import { silentLog, systemClock } from "@headgate/model";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { profileLibrary, shippedProfileFolders } from "../config/profile.ts";
import { checkProfileFile } from "./profile-check.ts";
import { listProfiles, loadProfile, loadProfiles, showProfile } from "./profile-list.ts";
import { formatTest, testProfile } from "./profile-test.ts";
import { checkSunspec } from "./sunspec-check.ts";

const library = profileLibrary(shippedProfileFolders());
const drivers = builtinDrivers;
const english = { drivers, lang: "en" } as const;

async function profileOf(id: string) {
  const profile = await library.load(id);
  if (!profile) throw new Error(`no profile ${id}`);
  return profile;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-profile-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function check(text: string): Promise<string> {
  const file = join(folder, "mine.yaml");
  await writeFile(file, text);
  return (await checkProfileFile(file, english)).text.replaceAll(file, "mine.yaml");
}

const MINE = `id: mine
manufacturer: M
models: [X]
name: { en: Meter, zh: 表 }
driver: modbus
sources: { manual: "manual, chapter 7" }
verified: manual
points:
  power:   { address: 0, type: float32, unit: W, meaning: power.active.total }
`;

const METER_MISTAKES: readonly (readonly [family: string, point: string, told: RegExp])[] = [
  ["dlt645", 'address: "0202FF00", format: XXX.XXX, signed: true, skip: 3', /is good: 1 models/],
  ["dlt645", "address: 02030000", /:9:21 .*found 02030000\n[\s\S]*in quotes: "02030000"/],
  ["dlt645", "address: 00010000", /:9:21 .*expected text, found 00010000\n/],
  ["dlt645", 'address: "04000101", signed: true', /signed goes with a number such as XXXXXX\.XX/],
  ["dlt645", 'address: "02010100", unitCode: "2C"', /unknown key "unitCode"/],
  ["dlt645", 'address: "0202FF00", skip: 3', /0202FF00 is not in the table of data items/],
  ["dlt645", 'address: "00010000", skip: 200', /200 is out of range: 0 … 199/],
  ["cjt188", "address: D120, format: XXXXXX.XX, skip: 5, quantity: volume", /is good: 1 models/],
  ["cjt188", "address: volume.total, unitCode: 05", /found 05\n[\s\S]*in quotes: "05"/],
  [
    "cjt188",
    'address: volume.total, unitCode: "05"',
    /05 \(kWh\) is none of volume\n[\s\S]*29 L, 2C m³/,
  ],
  [
    "cjt188",
    'address: volume.total, unitCode: "77"',
    /unit code 77 is not known\n[\s\S]*29 L, 2C m³/,
  ],
  ["cjt188", 'address: valve, unitCode: "2C"', /unitCode goes with a number that has a unit, not/],
  ["cjt188", "address: volume.total, quantity: flow", /quantity goes with an item such as D120/],
  ["cjt188", "address: D120, format: YYMMDD, quantity: flow", /not with format YYMMDD/],
  ["cjt188", "address: D120, format: XX, quantity: mass", /"mass" is not one of energy, power/],
  ["cjt188", "address: D120, format: XX, signed: true", /unknown key "signed"/],
  [
    "dlt645",
    'address: "0202FF00", format: XX.XX, skip: 0 }\n  b: { address: 0202FF00, format: XX, skip: 1',
    /"power" has some of its registers or bytes too/,
  ],
];

describe("headgate profile check", () => {
  it("says what is good", async () => {
    expect(await check(MINE)).toBe("mine.yaml is good: 1 models, 1 points, 0 variants\n");
  });

  it.each([
    ["power.active.total", "power.activ.total", /mine\.yaml:9:.*power\.activ\.total.*\n.*\n.*\^/],
    ["type: float32", "type: floaty", /mine\.yaml:9:.*floaty/],
    ["address: 0,", "address: 40001,", /warning.*like a manual's[\s\S]*documentOffset: -40001/],
    ["power.active.total", "power.activ.total", /not one of power\.active\.total, … \(\d+\)\n/],
    ["address: 0,", "address: 65535,", /mine\.yaml:9:.*runs past address 65535/],
    ["unit: W,", "unit: W, source: page,", /mine\.yaml:9:.*source "page"/],
    ["unit: W,", "unit: W, scaledBy: [ct],", /mine\.yaml:9:.*no parameter "ct"/],
    ["unit: W,", "unti: W,", /mine\.yaml:9:.*unknown key "unti"[\s\S]*did you mean `unit`/],
    ["models: [X]\n", "", /mine\.yaml:1:.*"models" is missing/],
    ["points:\n", "probe: [{ point: volt }]\npoints:\n", /mine\.yaml:8:.*no point "volt"/],
    ["points:\n", "points:\n  p2: { address: 1 }\n", /warning.*"p2" has some of its registers/],
    ["id: mine", "id: other", /warning.*its id is "other", its file "mine"/],
  ])("%s as %s is told with its line", async (good, bad, told) => {
    expect(await check(MINE.replace(good, bad))).toMatch(told);
  });

  it.each(METER_MISTAKES)(
    "of a meter of %s %s is told with its line",
    async (family, point, told) => {
      const driver = `driver: ${family}`;
      const text = await check(
        MINE.replace("driver: modbus", driver).replace(
          /\n {2}power: .*\n/,
          `\n  power: { ${point} }\n`,
        ),
      );
      expect(text).toMatch(told);
    },
  );

  it("finds nothing in a shipped profile, and speaks Chinese", async () => {
    const file = (await library.fileOf("carlo-gavazzi-em24")) ?? "";
    const { text } = await checkProfileFile(file, { drivers, lang: "zh" });
    expect(text).toMatch(/正确：6 个型号，20 个测点，2 个变体\n$/);
  });

  it("finds nothing in any shipped profile", async () => {
    for (const id of await library.ids()) {
      const file = (await library.fileOf(id)) ?? "";
      expect((await checkProfileFile(file, english)).text, id).toMatch(/^\S+ is good: .*\n$/);
    }
  });
});

describe("headgate profile list and show", () => {
  it("say where a broken profile is", async () => {
    const own = join(folder, "own");
    await mkdir(own);
    await writeFile(join(own, "broken.yaml"), "id: broken\n");
    const broken = profileLibrary([own]);
    await expect(loadProfiles(broken)).rejects.toThrow(
      /broken is broken: .*profile check .*broken/,
    );
  });

  it("tell a word that is not known without all that are", async () => {
    const file = join(folder, "wrong.yaml");
    await writeFile(file, MINE.replace("power.active.total", "no-such-meaning"));
    const told = loadProfile(profileLibrary([folder]), file);
    await expect(told).rejects.toThrow(/points\.\S+\.meaning: not one of the \d+ words for it; /);
    await expect(told).rejects.toThrow(/^.{1,250}$/);
  });

  it("tell each profile, and each of its points", async () => {
    const listed = listProfiles(await loadProfiles(library));
    expect(listed).toMatch(/^eastron-sdm630 +Eastron +\d+ +one source +SDM630, X96-1A$/m);
    expect(listed).toMatch(/\d+ profiles, \d{3} models\n$/);
    const shown = showProfile(await profileOf("acrel-adl400"), null);
    expect(shown).toMatch(/^parameter ct \(1\): Current transformer ratio/m);
    expect(shown).toMatch(/^power +holding 362 +int32 ABCD +0\.001 +kW +power\.active\.total$/m);
  });
});

describe("headgate profile test", () => {
  const context = {
    ...{ clock: systemClock, log: silentLog, directory: "" },
    signal: new AbortController().signal,
  };
  const env = { catalogue: { drivers: builtinDrivers, uplinks: {} }, context };

  it("finds the variant, and what is implausible or not there", async () => {
    const input = new VirtualRegisters().set(0, ...new Array(0x60).fill(0));
    input.set(0, 2301, 0).set(2, 2298, 0).set(4, 30_000, 0);
    input.set(0x33, 500).set(0x34, 48_211, 7).set(0x31, 950);
    const meter = createVirtualMeter({ units: { 1: { input } } });
    try {
      const port = await meter.listen();
      const profile = await profileOf("carlo-gavazzi-em24");
      const target = { unitId: null, variant: null, parameters: {} };
      const test = await testProfile(
        { profile, file: profile.id },
        { against: `127.0.0.1:${port}`, ...target },
        env,
      );
      expect(test).toMatchObject({ variant: "e1", fits: 1, expected: 1, exitCode: 0 });
      const text = formatTest(profile.id, test);
      expect(text).toMatch(/^carlo-gavazzi-em24, variant e1: the probe fits in 1 of 1/);
      expect(text).toMatch(/^voltage-l1 +230\.1 V +good$/m);
      expect(text).toMatch(/^voltage-l3 +3000 V +implausible +expected 50 … 300$/m);
      expect(text).toMatch(/^energy-import +50696\.3 kWh +good$/m);
    } finally {
      await meter.close();
    }
  });

  it("does not fit a meter that has whole numbers at the addresses of floats", async () => {
    const input = new VirtualRegisters().set(0, ...new Array(0x180).fill(0));
    for (const phase of [0, 1, 2]) input.setUint32(2 * phase, 23_010);
    const meter = createVirtualMeter({ units: { 1: { input } } });
    try {
      const against = `127.0.0.1:${await meter.listen()}`;
      const target = { against, unitId: null, variant: null, parameters: {} };
      const tests = ["eastron-sdm630", "eltako-dsz15"].map(async (id) => {
        return testProfile({ profile: await profileOf(id), file: id }, target, env);
      });
      const [eastron, eltako] = await Promise.all(tests);
      expect(eastron).toMatchObject({ fits: 0, expected: 3, exitCode: 1 });
      const phases = eltako?.rows.slice(0, 3).map(({ value, verdict }) => [value, verdict]);
      expect(phases).toEqual(new Array(3).fill(["230.1 V", "good"]));
    } finally {
      await meter.close();
    }
  });

  it("takes registers of zeros for no proof", async () => {
    const holding = new VirtualRegisters().set(0, ...new Array(0x20).fill(0));
    const meter = createVirtualMeter({ units: { 1: { holding } } });
    try {
      const against = `127.0.0.1:${await meter.listen()}`;
      const target = { against, unitId: null, variant: null, parameters: {} };
      const barn = { profile: await profileOf("barn-r444a01"), file: "barn-r444a01" };
      const test = await testProfile(barn, target, env);
      expect(test).toMatchObject({ fits: 0, exitCode: 1 });
      expect(test.rows[0]).toMatchObject({ verdict: "zero" });
      holding.set(0, 215, 640);
      expect(await testProfile(barn, target, env)).toMatchObject({ exitCode: 0 });
    } finally {
      await meter.close();
    }
  });

  it("says that nobody is there", async () => {
    const profile = await profileOf("eastron-sdm630");
    const target = { unitId: 3, variant: null, parameters: {} };
    const test = await testProfile(
      { profile, file: profile.id },
      { against: "127.0.0.1:1", ...target },
      env,
    );
    expect(test.exitCode).toBe(3);
    expect(formatTest(profile.id, test)).toMatch(/ECONNREFUSED/);
  });

  it("reads a serial line, at the profile's speed or the one named", async () => {
    const line = await openVirtualLine({ baudRate: 19_200 });
    const input = new VirtualRegisters().setFloat32(0, 230.1).setFloat32(70, 50.02);
    input.set(30, 0x3f80, 0);
    const meter = createVirtualMeter({ units: { 7: { input } } });
    await meter.attach(await line.station());
    const meters = createVirtualMeterLine({
      electricity: { "000012345678": { items: { "02010100": "01 23" } } },
    });
    await meters.attach(await line.station());
    const serial = { against: line.path, baudRate: 19_200, parity: "none" };
    const target = { ...serial, unitId: 7, variant: null, parameters: {} };
    try {
      const sdm = { profile: await profileOf("eastron-sdm120"), file: "eastron-sdm120" };
      const test = await testProfile(sdm, target, env);
      expect(formatTest("eastron-sdm120", test)).toMatch(/^voltage +230\.1 V +good$/m);
      expect(test.exitCode).toBe(0);
      const nobody = await testProfile(sdm, { ...target, unitId: null }, env);
      expect(nobody.exitCode).toBe(3);
      expect(formatTest("eastron-sdm120", nobody)).toMatch(
        /nobody answered; without --unit it was asked as unit 1; headgate scan modbus .*finds ids/,
      );
      expect(formatTest("eastron-sdm120", nobody)).not.toContain("VERDICT");
      const dlt = { profile: await profileOf("dlt645-meter"), file: "dlt645-meter" };
      const single = { ...target, meter: "12345678", variant: "single-phase" };
      const read = await testProfile(dlt, single, env);
      expect(formatTest("dlt645-meter", read)).toMatch(/^voltage-l1 +230\.1 V +good$/m);
      expect(read.exitCode).toBe(0);
      await expect(testProfile(dlt, target, env)).rejects.toThrow(/write --meter NUMBER/);
    } finally {
      for (const one of [meter, meters, line]) await one.close();
    }
  }, 120_000);
});

it("headgate profile sunspec-check compares every model", async () => {
  const official = fileURLToPath(new URL("../../../../tests/fixtures/sunspec", import.meta.url));
  const { text, isEqual } = await checkSunspec(official);
  expect(text).toMatch(/^model 160: equal$/m);
  expect(text).toMatch(/20 models compared, 0 differences\n$/);
  expect(isEqual).toBe(true);
});
