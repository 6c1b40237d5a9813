import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { packUpdate } from "./pack-update.ts";
import { installed, type ReleaseState } from "./release-state.ts";
import { headFor, install, LAUNCHER, takeBack } from "./releases.ts";
import { readState, writeState } from "./state-file.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const first = installed(null, "1.0.0", null);

let root = "";
let folder = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "headgate-releases-"));
  folder = join(root, "program");
  mkdirSync(join(folder, "keys"), { recursive: true });
  const pem = publicKey.export({ type: "spki", format: "pem" });
  writeFileSync(join(folder, "keys", "vendor.pem"), pem);
});
afterEach(async () => await rm(root, { recursive: true, force: true }));

/** An update of two files, both of which say its version. */
async function headOf(version: string) {
  const source = join(root, "source");
  mkdirSync(join(source, "dist"), { recursive: true });
  for (const name of ["main.js", "launch.js"]) writeFileSync(join(source, "dist", name), version);
  const about = { version, node: "22.14", bufferSchema: 1, notes: { en: "", zh: "" } };
  const out = join(root, `${version}.hgu`);
  await packUpdate(source, { about, key: privateKey, out });
  return await headFor(folder, out);
}

/** A version as it would lie there. */
const put = (name: string) => mkdirSync(join(folder, name, "dist"), { recursive: true });
const versions = () => readdirSync(folder).filter((name) => /^\d|^incoming/.test(name));
const installNext = async (version: string) => await install(folder, await headOf(version), null);

test("the first one brings the launcher, which no later one replaces", async () => {
  await installNext("1.0.0");
  expect(await readState(folder)).toEqual(first);
  await installNext("1.1.0");
  expect(readFileSync(join(folder, LAUNCHER), "utf8")).toBe("1.0.0");
  expect(readFileSync(join(folder, "1.1.0", "dist", "main.js"), "utf8")).toBe("1.1.0");
});

test("what is neither current nor kept goes first, and what was never whole", async () => {
  const state: ReleaseState = { ...installed(first, "1.1.0", null), trial: null };
  await writeState(folder, state);
  for (const name of ["0.9.0", "1.0.0", "1.1.0", "incoming-1.2.0", "incoming-9.9.9"]) put(name);
  writeFileSync(join(folder, "incoming-1.2.0", "dist", "main.js"), "half");
  await installNext("1.2.0");
  // The one before last goes with the next install: until this one has proved itself nothing did.
  expect(versions()).toEqual(["1.0.0", "1.1.0", "1.2.0"]);
});

test.each([
  ["1.1.0", "is installed already"],
  ["1.0.9", "is older than 1.1.0"],
])("%s is refused over what is there, before anything is touched", async (version, why) => {
  await writeState(folder, { ...installed(first, "1.1.0", null), trial: null });
  for (const name of ["0.1.0", "1.0.0", "1.1.0"]) put(name);
  await expect(installNext(version)).rejects.toThrow(why);
  expect(versions()).toEqual(["0.1.0", "1.0.0", "1.1.0"]);
});

test("while a version is on trial none is installed over it", async () => {
  const trial = installed(first, "1.1.0", null);
  await writeState(folder, trial);
  await expect(installNext("1.2.0")).rejects.toThrow("still on trial");
  expect(await readState(folder)).toEqual(trial);
});

test("where nobody knows what runs, nothing is installed over it", async () => {
  put("1.0.0");
  writeFileSync(join(folder, "versions.json"), "{");
  await expect(installNext("1.2.0")).rejects.toThrow("is damaged: what runs is not known");
  expect(versions()).toEqual(["1.0.0"]);
});

test("an install that fails leaves nothing behind, and what runs as it was", async () => {
  const head = await headOf("1.1.0");
  await writeState(folder, first);
  put("1.0.0");
  writeFileSync(head.path, readFileSync(head.path).subarray(0, -9));
  await expect(install(folder, head, null)).rejects.toThrow("update");
  expect(versions()).toEqual(["1.0.0"]);
  expect(await readState(folder)).toEqual(first);
});

test("back is only where there is something to go back to", async () => {
  const state = { ...installed(first, "1.1.0", null), trial: null };
  await writeState(folder, state);
  await expect(takeBack(folder, "anna", 5)).rejects.toThrow("no version is kept");
  expect(await readState(folder)).toEqual(state);
  put("1.0.0");
  expect(await takeBack(folder, "anna", 5)).toBe("1.0.0");
  await expect(takeBack(folder, "anna", 6)).rejects.toThrow("no version is kept");
  expect(existsSync(join(folder, "1.0.0"))).toBe(true);
});
