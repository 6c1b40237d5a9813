import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createSampleView } from "../../testing/sample-view.ts";
import type { GatewayStatus } from "../status.ts";
import { GATE_MS_MAX } from "./launch-contract.ts";
import { packUpdate } from "./pack-update.ts";
import { installed, type ReleaseState, takenBack } from "./release-state.ts";
import { headFor, install } from "./releases.ts";
import { readState, writeState } from "./state-file.ts";
import { UpdateDesk } from "./update-desk.ts";
import type { UpdateHead } from "./update-file.ts";

const WAIT = { timeout: 20_000, interval: 20 };
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const goal = { channels: [], uplinks: [], goodPoints: 2 };
const trial = installed(installed(null, "1.0.0", null), "1.1.0", goal);

let folder = "";
let clock: SimClock;
let good = 2;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-desk-"));
  clock = new SimClock();
  good = 2;
  mkdirSync(join(folder, "keys"));
  const pem = publicKey.export({ type: "spki", format: "pem" });
  writeFileSync(join(folder, "keys", "vendor.pem"), pem);
  for (const version of ["0.9.0", "1.0.0", "1.1.0"]) mkdirSync(join(folder, version));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

function status(): GatewayStatus | null {
  const seen = createSampleView({ points: { good, uncertain: 0, bad: 2 - good, silent: 0 } });
  return seen.status();
}

async function deskWith(state: ReleaseState, version = "1.1.0"): Promise<UpdateDesk> {
  await writeState(folder, state);
  const desk = new UpdateDesk({ folder, version, clock, log: silentLog });
  desk.watch(status);
  return desk;
}

/** Its gate, once it has begun to wait; `over` when it has ended. */
async function gateOf(desk: UpdateDesk): Promise<{ over: Promise<void> }> {
  const sleeping = vi.spyOn(clock, "sleep");
  const over = desk.keepGate(new AbortController().signal);
  await vi.waitFor(() => expect(sleeping).toHaveBeenCalled(), WAIT);
  return { over };
}

test("a version stays once all was well for a fifth of its time, without a break", async () => {
  const desk = await deskWith(trial);
  good = 1;
  const { over } = await gateOf(desk);
  await clock.advance(60_000);
  expect((await desk.view()).trial).toMatchObject({
    leftMs: GATE_MS_MAX - 60_000,
    missing: ["1 of 2 points are good"],
  });
  good = 2;
  await clock.advance(50_000);
  good = 1;
  await clock.advance(1_000);
  good = 2;
  await clock.advance(50_000);
  expect((await readState(folder))?.trial).not.toBeNull();
  await clock.advance(15_000);
  await over;
  expect(await readState(folder)).toMatchObject({ trial: null, last: { kind: "confirmed" } });
  expect(["0.9.0", "1.0.0", "1.1.0"].map((name) => existsSync(join(folder, name)))).toEqual([
    ...[false, true, true],
  ]);
  expect(desk.restart.aborted).toBe(false);
});

test("a disk that is full when it is to be confirmed does not take it back", async () => {
  const desk = await deskWith(trial);
  mkdirSync(join(folder, "versions.json.new"));
  const { over } = await gateOf(desk);
  await clock.advance(100_000);
  expect(await readState(folder)).toEqual(trial);
  rmSync(join(folder, "versions.json.new"), { recursive: true });
  await clock.advance(10_000);
  await over;
  expect(await readState(folder)).toMatchObject({ trial: null, last: { kind: "confirmed" } });
});

test("one that was taken back meanwhile is not confirmed", async () => {
  const desk = await deskWith(trial);
  const { over } = await gateOf(desk);
  const back = takenBack(trial, "the command line", 7);
  await writeState(folder, back);
  await clock.advance(100_000);
  await over;
  expect(await readState(folder)).toEqual(back);
});

test("one that does not come as far goes back in time, and says what is missing", async () => {
  const desk = await deskWith(trial);
  good = 1;
  const { over } = await gateOf(desk);
  await clock.advance(GATE_MS_MAX + 1_000);
  await over;
  const why = "1 of 2 points are good";
  expect(await readState(folder)).toMatchObject({
    current: "1.0.0",
    last: { kind: "went-back", why },
  });
  await clock.advance(1_000);
  expect(desk.restart.aborted).toBe(true);
});

test("a version that is on no trial, or is not the current one, confirms nothing", async () => {
  const settled = { ...trial, trial: null };
  await (await deskWith(settled)).keepGate(new AbortController().signal);
  expect(await readState(folder)).toEqual(settled);
  await (await deskWith(trial, "1.0.0")).keepGate(new AbortController().signal);
  expect(await readState(folder)).toEqual(trial);
});

/** An update as bytes. */
async function packed(version: string, more = 0): Promise<Uint8Array> {
  const source = join(folder, "source");
  mkdirSync(join(source, "dist"), { recursive: true });
  for (const name of ["main.js", "launch.js"]) writeFileSync(join(source, "dist", name), version);
  for (let at = 0; at < more; at++) writeFileSync(join(source, "dist", `${at}.js`), version);
  const about = { version, node: "22.14", bufferSchema: 1, notes: { en: "", zh: "" } };
  const out = join(folder, "update");
  await packUpdate(source, { about, key: privateKey, out });
  return readFileSync(out);
}

test("a file is taken in order, proved when whole, and forgotten if it is no good", async () => {
  const desk = await deskWith({ ...trial, trial: null });
  const bytes = await packed("1.2.0");
  const size = bytes.length;
  const half = Math.floor(size / 2);
  await desk.take({ offset: 0, size, bytes: bytes.subarray(0, half) });
  const late = { offset: half + 1, size, bytes: bytes.subarray(half + 1) };
  await expect(desk.take(late)).rejects.toThrow(`${half} bytes are here`);
  const whole = await desk.take({ offset: half, size, bytes: bytes.subarray(half) });
  expect(whole).toMatchObject({ staged: { version: "1.2.0", signer: "vendor" } });

  const wrong = Uint8Array.from(bytes);
  wrong[size - 20] = (wrong[size - 20] ?? 0) ^ 4;
  await expect(desk.take({ offset: 0, size, bytes: wrong })).rejects.toThrow("damaged");
  expect(await desk.view()).toMatchObject({ staged: null, receivedBytes: 0 });
  await expect(desk.install("1.2.0")).rejects.toThrow("is not here");
  await expect(desk.take({ offset: 0, size: 2 ** 40, bytes })).rejects.toThrow("bytes at most");
  await expect(desk.take({ offset: 0, size: 3, bytes })).rejects.toThrow("no more than it says");

  const old = await packed("0.9.9");
  await expect(desk.take({ offset: 0, size: old.length, bytes: old })).rejects.toThrow("older");
});

test("a piece whose answer was lost is sent again, and no other in its place", async () => {
  const desk = await deskWith({ ...trial, trial: null });
  const bytes = await packed("1.2.0");
  const size = bytes.length;
  const third = Math.floor(size / 3);
  const piece = (from: number, to: number) => ({
    offset: from,
    size,
    bytes: bytes.subarray(from, to),
  });
  await desk.take(piece(0, third));
  await desk.take(piece(third, 2 * third));
  await desk.take(piece(third, 2 * third));
  const other = { ...piece(third, 2 * third), bytes: new Uint8Array(third) };
  await expect(desk.take(other)).rejects.toThrow(`${2 * third} bytes are here`);
  await desk.take(piece(2 * third, size));
  const again = await desk.take(piece(2 * third, size));
  expect(again).toMatchObject({ receivedBytes: size, staged: { version: "1.2.0" } });
});

test("a disk that is full says so, and does not stay so for an update", async () => {
  const desk = await deskWith({ ...trial, trial: null });
  mkdirSync(join(folder, "upload"));
  symlinkSync("/dev/full", join(folder, "upload", "update.hgu"));
  const piece = { offset: 0, size: 9, bytes: new Uint8Array(3) };
  await expect(desk.take(piece)).rejects.toThrow("is full: free space");
  expect(existsSync(join(folder, "upload", "update.hgu"))).toBe(false);
});

test("what was proved is installed on trial, with what the gateway had reached", async () => {
  const desk = await deskWith({ ...trial, trial: null });
  const bytes = await packed("1.2.0");
  await desk.take({ offset: 0, size: bytes.length, bytes });
  await desk.install("1.2.0");
  await expect(desk.install("1.2.0")).rejects.toThrow("being installed");
  await vi.waitFor(async () => {
    expect(await readState(folder)).toMatchObject({
      ...{ current: "1.2.0", previous: "1.1.0" },
      trial: { startCount: 0, goal: { channels: ["plc-1"], goodPoints: 2 } },
    });
  }, WAIT);
  expect(readFileSync(join(folder, "1.2.0", "dist", "main.js"), "utf8")).toBe("1.2.0");
});

test("an install that fails is told, changes nothing and may be tried anew", async () => {
  const desk = await deskWith({ ...trial, trial: null });
  const bytes = await packed("1.2.0");
  await desk.take({ offset: 0, size: bytes.length, bytes });
  // As after a rot of the disk: what was proved is not what is there any more.
  writeFileSync(join(folder, "upload", "update.hgu"), bytes.subarray(0, bytes.length - 9));
  await desk.install("1.2.0");
  await vi.waitFor(async () => expect((await desk.view()).problem).toContain("update"), WAIT);
  expect(await readState(folder)).toMatchObject({ current: "1.1.0", previous: "1.0.0" });
  expect(existsSync(join(folder, "incoming-1.2.0"))).toBe(false);
  await desk.take({ offset: 0, size: bytes.length, bytes });
  expect((await desk.view()).problem).toBeNull();
});

test("of two who install at once one is refused; what is current is whole", async () => {
  await writeState(folder, { ...trial, trial: null });
  const heads: UpdateHead[] = [];
  for (const version of ["1.2.0", "1.3.0"]) {
    const path = join(folder, `${version}.hgu`);
    writeFileSync(path, await packed(version, version === "1.2.0" ? 0 : 40));
    heads.push(await headFor(folder, path));
  }
  const [small, large] = heads as [UpdateHead, UpdateHead];
  const installing = install(folder, large, null);
  await vi.waitFor(() => expect(existsSync(join(folder, "incoming-1.3.0"))).toBe(true), WAIT);
  await expect(install(folder, small, null)).rejects.toThrow("another update is being installed");
  expect((await installing).current).toBe("1.3.0");
  for (const { path } of large.manifest.files) {
    expect(existsSync(join(folder, "1.3.0", path))).toBe(true);
  }
});
