import { cpSync, mkdtempSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtinDrivers } from "@headgate/drivers";
import { silentLog } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Configuration } from "./configuration.ts";

/** The folder as whoever pulls the plug leaves it: before each call that changes something. */
let snapshots: string[] = [];
let watched: string | null = null;
let base = "";

function lookBefore<Call extends (...given: never[]) => unknown>(call: Call): Call {
  return ((...given: never[]) => {
    if (watched !== null) {
      const copy = mkdtempSync(join(base, "cut-"));
      cpSync(watched, copy, { recursive: true });
      snapshots.push(copy);
    }
    return call(...given);
  }) as Call;
}

// Everything is done as ever; it is only looked at.
vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  const open: typeof real.open = async (...given) => {
    const file = await lookBefore(real.open)(...given);
    file.writeFile = lookBefore(file.writeFile.bind(file));
    file.sync = lookBefore(file.sync.bind(file));
    file.close = lookBefore(file.close.bind(file));
    return file;
  };
  return { ...real, open, rename: lookBefore(real.rename), rm: lookBefore(real.rm) };
});

const textOf = (port: number) => `gateway: { id: pasture-07 }
channels: { sim: { driver: simulated } }
devices: { tank: { channel: sim, points: { t: { mean: 4 } } } }
web: { host: 127.0.0.1, port: ${port} }
`;
const [OLD, NEW] = [textOf(8420), textOf(9999)];

const clock = new SimClock();
const lent = { catalogue: { drivers: builtinDrivers, uplinks: {} }, clock, log: silentLog };
const open = (folder: string) =>
  Configuration.open(join(folder, "gateway.yaml"), join(folder, "data", "config"), lent);
const fileIn = (folder: string) => readFile(join(folder, "gateway.yaml"), "utf8");

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "headgate-steps-"));
  await mkdir(join(base, "box"));
  await writeFile(join(base, "box", "gateway.yaml"), OLD);
});
afterEach(async () => {
  watched = null;
  snapshots = [];
  await rm(base, { recursive: true, force: true });
});

const THIRD = "version-00000003.json";

/** What a cut at each step of `deed` leaves, and what the next start makes of it. */
async function cutEach(deed: () => Promise<unknown>): Promise<readonly string[]> {
  watched = join(base, "box");
  await deed();
  watched = null;
  expect(snapshots.length).toBeGreaterThan(2);
  return [...snapshots, join(base, "box")];
}

async function applied(): Promise<Configuration> {
  const configuration = await open(join(base, "box"));
  await configuration.apply({ text: NEW, seen: 1, who: "anna", why: "" });
  await configuration.load();
  configuration.noteInUse();
  return configuration;
}

/** Whatever was cut: the newest version is the file, and it may be changed and read. */
async function isSound(configuration: Configuration, folder: string): Promise<string> {
  const text = await fileIn(folder);
  expect(configuration.version.text).toBe(text);
  expect(await configuration.load()).not.toBeNull();
  return text;
}

test("a cut at any step of an apply leaves the old one, or the new one on probation", async () => {
  const configuration = await open(join(base, "box"));
  const folders = await cutEach(() =>
    configuration.apply({ text: NEW, seen: 1, who: "anna", why: "" }),
  );
  const found = [];
  for (const folder of folders) {
    const again = await open(folder);
    const text = await isSound(again, folder);
    const isNew = text === NEW;
    expect([text, again.probation() !== null]).toEqual([isNew ? NEW : OLD, isNew]);
    found.push(isNew);
    // A second one, with nobody there: whatever it was is back.
    await open(folder);
    expect(await fileIn(folder)).toBe(OLD);
  }
  expect(found).toEqual(found.toSorted((a, b) => Number(a) - Number(b)));
});

test("a cut at any step of a word that keeps it leaves the new one", async () => {
  const configuration = await applied();
  const proof = { unproved: () => [], anyway: false };
  for (const folder of await cutEach(() => configuration.confirm(2, proof))) {
    expect(await isSound(await open(folder), folder)).toBe(NEW);
  }
  expect((await open(join(base, "box"))).probation()).toBeNull();
});

test("a cut at any step of what comes back lets it come back at the next start", async () => {
  const configuration = await applied();
  const folders = await cutEach(() => configuration.rollBack("the gateway", "nobody said a word"));
  for (const folder of folders) {
    const hasBegun = (await readdir(join(folder, "data", "config"))).includes(THIRD);
    const again = await open(folder);
    const text = await isSound(again, folder);
    // Before it had begun all is as it was; then it goes on where it was cut.
    expect([text, again.probation() !== null]).toEqual(hasBegun ? [OLD, false] : [NEW, true]);
    if (!hasBegun) await open(folder);
    const third = await open(folder);
    expect(await isSound(third, folder)).toBe(OLD);
    expect(third.probation()).toBeNull();
  }
});

test("a cut at any step of a start that takes it back lets the next one do it", async () => {
  await applied();
  await open(join(base, "box"));
  for (const folder of await cutEach(() => open(join(base, "box")))) {
    await open(folder);
    const again = await open(folder);
    expect(await isSound(again, folder)).toBe(OLD);
    expect(again.probation()).toBeNull();
  }
});
