import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtinDrivers } from "@headgate/drivers";
import { silentLog } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Configuration } from "./configuration.ts";
import { hideSecrets } from "./hidden-secrets.ts";

const textOf = (scan: string, port = 8420, points = 1) => `
gateway: { id: pasture-07 }
channels: { sim: { driver: simulated } }
devices:
  tank:
    channel: sim
    scan: ${scan}
    points:
${Array.from({ length: points }, (_, at) => `      p${at}: { mean: ${at + port} }\n`).join("")}
web: { host: 127.0.0.1, port: ${port} }
`;

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

const catalogue = { drivers: builtinDrivers, uplinks: {} };
const lent = () => ({ catalogue, clock, log: silentLog });
const open = (from = path) => Configuration.open(from, join(folder, "data", "config"), lent());
const edit = (text: string, seen: number) => ({ text, seen, who: "anna", why: "" });
const file = () => readFile(path, "utf8");

test("what was written into the file meanwhile is a version, not written over", async () => {
  const configuration = await open();
  await writeFile(path, textOf("7 s"));
  const blind = configuration.apply(edit(textOf("2 s"), 1));
  await expect(blind).rejects.toThrow(/the file made version 2 meanwhile/);
  expect(await file()).toBe(textOf("7 s"));
  await configuration.apply(edit(textOf("2 s"), 2));
  expect((await configuration.read(2))?.text).toBe(textOf("7 s"));
});

test("what comes back takes nothing away that was written by hand meanwhile", async () => {
  const configuration = await open();
  await configuration.apply(edit(textOf("1 s", 9999), 1));
  await writeFile(path, textOf("7 s", 9999));
  await configuration.rollBack("ben", "");
  expect(await file()).toBe(textOf("1 s"));
  const versions = await configuration.versions();
  expect(versions.map(({ version, who }) => [version, who])).toEqual([
    [4, "ben"],
    [3, "the file"],
    [2, "anna"],
    [1, "the file"],
  ]);
});

test("behind a link the data stay beside the link, whatever is applied", async () => {
  const elsewhere = join(folder, "store");
  await mkdir(elsewhere);
  const real = join(elsewhere, "site.yaml");
  await writeFile(real, textOf("1 s"));
  await rm(path);
  await symlink(real, path);
  const configuration = await open();
  const draft = await configuration.check(textOf("2 s"), "en");
  expect(draft.gist?.bufferPath).toBe(join(folder, "data"));
  await configuration.apply(edit(textOf("2 s"), 1));
  expect((await configuration.load())?.buffer.path).toBe(join(folder, "data"));
  expect(await readFile(real, "utf8")).toBe(textOf("2 s"));
});

test("where data are kept is not moved, however much else is changed", async () => {
  const configuration = await open();
  const many = `${textOf("1 s", 8420, 700)}buffer: { path: ./elsewhere }\n`;
  await expect(configuration.apply(edit(many, 1))).rejects.toThrow(/buffer\.path/);
  expect(await file()).toBe(textOf("1 s"));
});

test("who may not is refused by what the text does once it is its turn", async () => {
  const configuration = await open();
  const may = ({ isRisky }: { isRisky: boolean }) => {
    if (isRisky) throw new Error("not you");
  };
  const blind = configuration.apply({ ...edit(textOf("1 s", 9999), 1), may });
  await expect(blind).rejects.toThrow("not you");
  await configuration.apply({ ...edit(textOf("2 s"), 1), may });
});

test("a full disk at the start keeps no version that ended the process twice", async () => {
  await (await open()).apply(edit(textOf("1 s", 9999), 1));
  await open();
  // As a full disk does: neither the mark nor the file can be written.
  await mkdir(`${path}.new`);
  await mkdir(join(folder, "data", "config", "pending.json.new"));
  const third = await open();
  expect(third.probation()).toMatchObject({ version: 2, leftMs: 0 });
  await rm(`${path}.new`, { recursive: true });
  await third.watch(new AbortController().signal, () => []);
  expect(await file()).toBe(textOf("1 s"));
});

test("where the version before is damaged, the last good one comes back", async () => {
  const configuration = await open();
  await configuration.apply(edit(textOf("2 s"), 1));
  await configuration.apply(edit(textOf("2 s", 9999), 2));
  await writeFile(join(folder, "data", "config", "version-00000002.json"), "{");
  await configuration.rollBack("ben", "");
  expect(await file()).toBe(textOf("1 s"));
});

test("each that is taken back brings its own version back", async () => {
  const configuration = await open();
  await configuration.apply(edit(textOf("1 s", 9999), 1));
  await configuration.rollBack("ben", "");
  await configuration.apply(edit(textOf("2 s"), 3));
  await configuration.apply(edit(textOf("2 s", 9999), 4));
  await configuration.rollBack("ben", "");
  expect(await file()).toBe(textOf("2 s"));
});

test("what could not be put into the file is on no trial, and stands in nobody's way", async () => {
  const configuration = await open();
  // As a full disk does.
  await mkdir(`${path}.new`);
  const failed = configuration.apply(edit(textOf("1 s", 9999), 1));
  await expect(failed).rejects.toThrow(/could not be replaced/);
  expect(configuration.probation()).toBeNull();
  await rm(`${path}.new`, { recursive: true });
  expect((await open()).probation()).toBeNull();
  await configuration.apply(edit(textOf("2 s"), 1));
  expect(await file()).toBe(textOf("2 s"));
});

test("who stops watching stops at once, and takes nothing back", async () => {
  const configuration = await open();
  await configuration.apply(edit(textOf("1 s", 9999), 1));
  const stopping = new AbortController();
  const watching = configuration.watch(stopping.signal, () => []);
  await clock.advance(600);
  stopping.abort();
  await watching;
  expect(configuration.probation()).toMatchObject({ version: 2 });
});

test("a secret that was written wrongly by hand is told to nobody", async () => {
  const wrong = textOf("1 s").replace(
    "{ driver: simulated }",
    "{ driver: onvif, host: h, username: me, password: 087654321 }",
  );
  await writeFile(path, wrong);
  const configuration = await open();
  const draft = await configuration.check(hideSecrets(wrong), "en");
  const found = draft.problems.find((problem) => problem.path === "channels.sim.password");
  expect(found?.message).toBe("expected text, found ***");
  expect(JSON.stringify(draft.problems)).not.toContain("7654321");
});

const withGate = (password: string, data = "./data") =>
  `${textOf("1 s")}buffer: { path: ${data} }
`.replace(
    "{ sim: {",
    `{ gate: { driver: onvif, host: h, username: me, password: ${password} }, sim: {`,
  );
const TYPED = { secrets: [["channels", "gate", "password"]] };

test("what is refused as it would move the buffer leaves no secret there", async () => {
  const configuration = await open();
  const elsewhere = join(folder, "elsewhere");
  const moved = configuration.apply({ ...edit(withGate("grass", elsewhere), 1), ...TYPED });
  await expect(moved).rejects.toThrow("buffer.path holds all that is kept");
  expect(existsSync(elsewhere)).toBe(false);
});

test("secrets that were in use since the start are known, in files and not", async () => {
  await writeFile(path, withGate("the-earliest"));
  await open();
  await writeFile(path, withGate("as-it-began"));
  const configuration = await open();
  await configuration.apply(edit(withGate("in-the-text"), 2));
  await configuration.apply({ ...edit(withGate("in-a-file"), 3), ...TYPED });
  await configuration.apply({ ...edit(withGate("the-newest"), 4), ...TYPED });
  for (let asked = 0; asked < 2; asked++) {
    const known = await configuration.secrets();
    const wanted = ["as-it-began", "in-the-text", "in-a-file", "the-newest"];
    expect(known).toEqual(expect.arrayContaining(wanted));
    expect(known).not.toContain("the-earliest");
  }
});
