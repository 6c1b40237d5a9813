import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtinDrivers } from "@headgate/drivers";
import { silentLog } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { mqttUplink } from "@headgate/sync/uplink";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CONFIRM_MS_MAX, Configuration } from "./configuration.ts";
import { HIDDEN } from "./hidden-secrets.ts";
import { VersionStore } from "./version-store.ts";

const textOf = (scan: string, port = 8420, uplinks = "{}") => `# the parlour
gateway: { id: pasture-07 }
channels:
  sim: { driver: simulated }
  gate: { driver: onvif, host: 192.168.1.30, username: viewer, password: hunter2 }
devices:
  tank: { channel: sim, scan: ${scan}, points: { t: { mean: 4 } } }
uplinks: ${uplinks}
web: { host: 127.0.0.1, port: ${port} }
`;
const CLOUD = "{ cloud: { type: mqtt, url: mqtts://cloud.example } }";
const OTHER = "{ cloud: { type: mqtt, url: mqtts://other.example } }";

let folder: string;
let path: string;
let clock: SimClock;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-config-"));
  path = join(folder, "gateway.yaml");
  clock = new SimClock();
  await writeFile(path, textOf("1 s"));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const catalogue = { drivers: builtinDrivers, uplinks: { mqtt: async () => mqttUplink } };
/** Nobody acknowledges anything. */
const silent = (ids: readonly string[]) => ids;
const proved = () => [];
const open = () =>
  Configuration.open(path, join(folder, "data"), { catalogue, clock, log: silentLog });
const edit = (text: string, seen: number) => ({ text, seen, who: "anna", why: "a trial" });
const file = () => readFile(path, "utf8");

test("an apply is a version with who, why and what changed, and the file holds it", async () => {
  const configuration = await open();
  expect(configuration.version).toMatchObject({ version: 1, who: "the file" });
  const before = configuration.changed;
  const added = await configuration.apply(edit(textOf("2 s"), 1));
  expect(added).toMatchObject({ version: 2, who: "anna", why: "a trial" });
  expect(added.changes).toEqual([{ path: "devices.tank.scan", old: '"1 s"', new: '"2 s"' }]);
  expect(await file()).toBe(textOf("2 s"));
  expect(configuration.probation()).toBeNull();
  await clock.advance(1_000);
  expect(before.aborted).toBe(true);
  const again = await open();
  expect((await again.versions()).map(({ version }) => version)).toEqual([2, 1]);
});

test("who looked at an older version is told who was faster, and changes nothing", async () => {
  const configuration = await open();
  await configuration.apply(edit(textOf("2 s"), 1));
  for (const seen of [1, 3]) {
    const late = configuration.apply(edit(textOf("3 s"), seen));
    await expect(late).rejects.toThrow(/anna made version 2/);
  }
  expect(await file()).toBe(textOf("2 s"));
});

test("a text with mistakes is not applied", async () => {
  const configuration = await open();
  await expect(configuration.apply(edit(textOf("2 parsecs"), 1))).rejects.toThrow(/mistakes/);
  const { gist, problems } = await configuration.check(textOf("2 parsecs"), "zh");
  const errors = problems.filter(({ severity }) => severity === "error");
  expect([gist, errors[0]?.path]).toEqual([null, "devices.tank.scan"]);
});

test("what nobody confirms comes back after 90 s", async () => {
  const configuration = await open();
  await configuration.apply(edit(textOf("1 s", 9999), 1));
  expect(configuration.probation()).toMatchObject({ version: 2, leftMs: CONFIRM_MS_MAX });
  const watching = configuration.watch(new AbortController().signal, silent);
  await clock.advance(CONFIRM_MS_MAX - 1);
  expect(await file()).toBe(textOf("1 s", 9999));
  await clock.advance(1);
  await watching;
  expect(await file()).toBe(textOf("1 s"));
  expect(configuration.version).toMatchObject({ version: 3, who: "the gateway" });
  expect(configuration.probation()).toBeNull();
});

test("what cannot be taken back now is taken back once it can", async () => {
  const configuration = await open();
  await configuration.apply(edit(textOf("1 s", 9999), 1));
  // As a full disk does.
  await mkdir(`${path}.new`);
  const watching = configuration.watch(new AbortController().signal, silent);
  await clock.advance(CONFIRM_MS_MAX + 60_000);
  expect(await file()).toBe(textOf("1 s", 9999));
  expect(configuration.probation()).not.toBeNull();
  await rm(`${path}.new`, { recursive: true });
  await expect
    .poll(async () => {
      await clock.advance(10_000);
      return await file();
    })
    .toBe(textOf("1 s"));
  await watching;
  expect(configuration.probation()).toBeNull();
});

test("versions are bounded in bytes, but for the last ones", async () => {
  const store = new VersionStore(join(folder, "versions"), { bytesMax: 10_000 });
  const version = { atMs: 0, who: "anna", why: "", changes: [] };
  for (let count = 0; count < 20; count++) await store.add({ ...version, text: "x".repeat(1_000) });
  expect((await store.numbers()).length).toBeLessThan(10);
  expect((await store.numbers()).at(-1)).toBe(20);
  await store.add({ ...version, text: "x".repeat(20_000) });
  expect(await store.numbers()).toEqual([19, 20, 21]);
});

test("what is confirmed stays, but not before it is in use", async () => {
  const configuration = await open();
  await configuration.apply(edit(textOf("1 s", 9999), 1));
  const early = configuration.confirm(2, { unproved: silent, anyway: true });
  await expect(early).rejects.toThrow(/not in use yet/);
  await takeUp(configuration);
  await configuration.confirm(2, { unproved: silent, anyway: false });
  await configuration.watch(new AbortController().signal, silent);
  expect((await open()).version.version).toBe(2);
  expect(await file()).toBe(textOf("1 s", 9999));
});

test("after a power cut it is still to be confirmed, after a second one it is back", async () => {
  await (await open()).apply(edit(textOf("1 s", 9999), 1));
  const second = await open();
  expect(second.probation()).toMatchObject({ version: 2, leftMs: CONFIRM_MS_MAX });
  expect(await file()).toBe(textOf("1 s", 9999));
  const third = await open();
  expect(third.probation()).toBeNull();
  expect(await file()).toBe(textOf("1 s"));
});

test("a power cut before the file was replaced leaves nothing to confirm", async () => {
  await (await open()).apply(edit(textOf("1 s", 9999), 1));
  await writeFile(path, textOf("1 s"));
  const again = await open();
  expect(again.probation()).toBeNull();
  expect(await file()).toBe(textOf("1 s"));
});

/** What the gateway does with a version once it has heard of it. */
async function takeUp(configuration: Configuration): Promise<void> {
  await configuration.load();
  configuration.noteInUse();
}

test("an uplink's change stays by itself once it is acknowledged in the new state", async () => {
  await writeFile(path, textOf("1 s", 8420, CLOUD));
  const configuration = await open();
  await configuration.apply(edit(textOf("1 s", 8420, OTHER), 1));
  expect(configuration.probation()).toMatchObject({ uplinkIds: ["cloud"], needsWord: false });
  const watching = configuration.watch(new AbortController().signal, proved);
  // What is acknowledged by the state before proves nothing.
  await clock.advance(10_000);
  expect(configuration.probation()).not.toBeNull();
  await takeUp(configuration);
  await clock.advance(1_000);
  await watching;
  expect(configuration.probation()).toBeNull();
  expect(configuration.version.version).toBe(2);
});

test("while it is not acknowledged, its change is kept by whoever insists only", async () => {
  await writeFile(path, textOf("1 s", 8420, CLOUD));
  const configuration = await open();
  await configuration.apply(edit(textOf("1 s", 8420, OTHER), 1));
  await takeUp(configuration);
  const confirm = (anyway: boolean) => configuration.confirm(2, { unproved: silent, anyway });
  await expect(confirm(false)).rejects.toThrow(/uplink "cloud" has acknowledged nothing/);
  await confirm(true);
  expect(configuration.probation()).toBeNull();
});

test("an uplink's change that proves nothing comes back, after a power cut too", async () => {
  await writeFile(path, textOf("1 s", 8420, CLOUD));
  await (await open()).apply(edit(textOf("1 s", 8420, OTHER), 1));
  const again = await open();
  await takeUp(again);
  const watching = again.watch(new AbortController().signal, silent);
  await clock.advance(CONFIRM_MS_MAX);
  await watching;
  expect(again.version).toMatchObject({ who: "the gateway" });
  expect(again.version.why).toBe("nothing was acknowledged of cloud");
  expect(await file()).toBe(textOf("1 s", 8420, CLOUD));
});

test.each<[what: string, scan: string, to: { uplinks?: string; name?: string }, boolean]>([
  ["a new name", "1 s", { name: "Parlour" }, false],
  ["another interval", "2 s", {}, false],
  ["an uplink less", "1 s", { uplinks: "{}" }, true],
])("%s is on probation: %s", async (_, scan, { uplinks = CLOUD, name = "" }, isRisky) => {
  await writeFile(path, textOf("1 s", 8420, CLOUD));
  const configuration = await open();
  const text = textOf(scan, 8420, uplinks);
  const named = name ? text.replace("id: pasture-07", `id: pasture-07, name: ${name}`) : text;
  await configuration.apply(edit(named, 1));
  const needsWord = configuration.probation()?.needsWord ?? false;
  expect([configuration.probation() !== null, needsWord]).toEqual([isRisky, isRisky]);
});

test("a file that was changed by hand is a version too", async () => {
  await open();
  await writeFile(path, textOf("5 s"));
  expect((await open()).version).toMatchObject({
    version: 2,
    who: "the file",
    changes: [{ path: "devices.tank.scan" }],
  });
});

test("secrets are not shown, and come back when the text does", async () => {
  const configuration = await open();
  const shown = await configuration.texts.shown(configuration.version);
  expect(shown).not.toContain("hunter2");
  expect(shown).toContain(HIDDEN);
  expect(shown).toContain("# the parlour");
  const added = await configuration.apply(edit(shown.replace("1 s", "2 s"), 1));
  expect(await file()).toContain("hunter2");
  expect(added.changes).toEqual([{ path: "devices.tank.scan", old: '"1 s"', new: '"2 s"' }]);
  const other = (await configuration.texts.shown(added)).replace(HIDDEN, "another one");
  const changed = await configuration.apply(edit(other, 2));
  expect(JSON.stringify(changed.changes)).not.toMatch(/hunter2|another one/);
  expect(await file()).toContain("another one");
});
