import { execFile } from "node:child_process";
import {
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { type Buffer as HeadgateBuffer, silentLog, systemClock } from "@headgate/model";
import { countWaiting, openBuffer } from "@headgate/sync/buffer";
import { afterEach, beforeEach, expect, test } from "vitest";
import { catalogue } from "../catalogue.ts";
import { loadConfig } from "../config/load.ts";
import { type WipeTarget, wipeTargetOf } from "../wipe/wipe-target.ts";
import { journalFolder } from "../writes/gateway-writes.ts";
import { WriteJournal } from "../writes/write-journal.ts";
import { RECORD, typeId, wipeGateway } from "./wipe.ts";

let [root, data] = ["", ""];
let config: WipeTarget;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "headgate-wipe-"));
  data = join(root, "data");
  mkdirSync(join(data, "secrets"), { recursive: true });
  config = await configWith("cloud", "plant");
});
afterEach(async () => await rm(root, { recursive: true, force: true }));

async function configWith(...uplinkIds: string[]): Promise<WipeTarget> {
  const uplink = (id: string) => ({
    ...{ type: "mqtt", url: `mqtt://127.0.0.1:1/${id}`, password: `\${secret:of-${id}}` },
  });
  const path = join(root, "gateway.yaml");
  const file = {
    gateway: { id: "pasture-07" },
    buffer: { path: "./data" },
    uplinks: Object.fromEntries(uplinkIds.map((id) => [id, uplink(id)])),
  };
  writeFileSync(path, JSON.stringify(file));
  const target = await wipeTargetOf(path);
  expect(target).toEqual({ id: "pasture-07", folder: data, uplinkIds });
  return target as WipeTarget;
}

function open(uplinkIds = ["cloud", "plant"]): Promise<HeadgateBuffer> {
  const capacity = { capacityBytesMax: 2 ** 25, mediaCapacityBytesMax: 2 ** 25 };
  const options = { directory: data, ...capacity, commitIntervalMs: 1, uplinkIds };
  const { signal } = new AbortController();
  const context = { clock: systemClock, log: silentLog, signal, directory: data };
  return openBuffer({ ...options, pointIds: ["device/a"] }, context);
}

/** So many samples, of which these uplinks have acknowledged everything. */
async function fill(count: number, ...ackedBy: string[]): Promise<void> {
  const buffer = await open();
  const value = (index: number) =>
    ({ pointId: "device/a", timestampMs: index, quality: "good", value: index }) as const;
  await buffer.append(Array.from({ length: count }, (_, index) => value(index)));
  const epochs = buffer.status().epochs.filter(({ headSeq }) => headSeq > 0);
  const ranges = epochs.map(({ stream, epoch, headSeq }) => {
    return { stream, epoch, first: 1, last: headSeq };
  });
  for (const id of ackedBy) await buffer.acknowledge(id, ranges);
  await buffer.close();
}

const wipe = (withBacklog?: string, typed = "pasture-07") =>
  wipeGateway(config, { typed, withBacklog }, systemClock);

test("what some uplink has not acknowledged waits; without an uplink all of it", async () => {
  await fill(120, "cloud");
  expect(countWaiting(data, ["cloud"])).toBe(0);
  expect(countWaiting(data, ["cloud", "plant"])).toBe(120);
  expect(countWaiting(data, ["new"])).toBe(120);
  expect(countWaiting(data, [])).toBe(120);
  expect(countWaiting(join(data, "nowhere"), [])).toBe(0);
});

test("it is refused for the wrong id, while a gateway runs, and while samples wait", async () => {
  await fill(7, "cloud");
  await expect(wipe("7", "pasture-70")).rejects.toThrow("not the id of this gateway");
  const running = await open();
  await expect(wipe("7")).rejects.toThrow("another gateway runs on it");
  await running.close();
  await expect(wipe()).rejects.toThrow("7 samples were not acknowledged by every uplink");
  await expect(wipe("6")).rejects.toThrow("--with-backlog 7");
  expect(existsSync(join(data, "buffer.db"))).toBe(true);
});

test("of a damaged buffer nobody can tell: that is what has to be given up", async () => {
  await fill(5);
  writeFileSync(join(data, "buffer.db"), Buffer.alloc(8192, 0x5a));
  await expect(wipe("5")).rejects.toThrow("--with-backlog unknown");
  // As a wipe leaves it that was cut off.
  writeFileSync(join(data, "buffer.db"), "");
  await expect(wipe("5")).rejects.toThrow("--with-backlog unknown");
  const { text } = await wipe("unknown");
  expect(text).toContain("is wiped");
});

test("all but what is somebody else's is overwritten and removed; a record stays", async () => {
  await fill(9, "cloud", "plant");
  for (const folder of ["web", "config", "channels", "media"]) mkdirSync(join(data, folder));
  const writes = journalFolder({ buffer: { path: data } });
  const journal = await WriteJournal.open(writes, systemClock);
  const guest = { client: "c", unit: 1, place: "coil:1", values: [true], reason: null } as const;
  await journal.append({ kind: "guest", channel: "x", ...guest, outcome: "done" }, true);
  await journal.close();
  const secret = join(data, "secrets", "gate");
  writeFileSync(secret, "very secret");
  const second = join(root, "second-name-of-it");
  linkSync(secret, second);
  writeFileSync(join(data, "web", "accounts.json"), "{}");
  writeFileSync(join(data, "notes.txt"), "mine");
  const elsewhere = join(root, "elsewhere.pem");
  writeFileSync(elsewhere, "kept");
  await symlink(elsewhere, join(data, "secrets", "linked"));

  const { text, exitCode } = await wipe();
  expect(exitCode).toBe(0);
  expect(text).toContain("Flash");
  expect(text).toContain("notes.txt");
  expect(readdirSync(data).toSorted()).toEqual(["notes.txt", RECORD]);
  expect(readFileSync(second, "utf8")).toBe("");
  expect(readFileSync(elsewhere, "utf8")).toBe("kept");
  expect(JSON.parse(readFileSync(join(data, RECORD), "utf8"))).toMatchObject({
    gateway: "pasture-07",
    samplesGivenUp: 0,
    left: ["what linked pointed to", join(data, "notes.txt")],
  });
  // Again, as after a cut: there is nothing left to be wiped.
  expect((await wipe()).text).toContain(": 1 files");
});

test("a box without an uplink gives up all its samples, and says how many", async () => {
  config = await configWith();
  await fill(3);
  await expect(wipe()).rejects.toThrow("3 samples");
  await wipe("3");
  expect(JSON.parse(readFileSync(join(data, RECORD), "utf8")).samplesGivenUp).toBe(3);
});

test("run again, the record still says what was given up the first time", async () => {
  await fill(5);
  await wipe("5");
  await wipe();
  await wipe();
  const record = JSON.parse(readFileSync(join(data, RECORD), "utf8"));
  const given = [...record.earlier, record].map(({ samplesGivenUp }) => samplesGivenUp);
  expect(given).toEqual([5, 0, 0]);
  expect(record.earlier[1]).not.toHaveProperty("earlier");
});

test("cut off after the secrets went, it is run again; of no gateway nothing goes", async () => {
  await fill(2, "cloud", "plant");
  await rm(join(data, "secrets"), { recursive: true });
  const path = join(root, "gateway.yaml");
  expect((await loadConfig(path, catalogue)).config).toBeNull();
  const target = await wipeTargetOf(path);
  expect(target).toEqual(config);
  if (target)
    await wipeGateway(target, { typed: "pasture-07", withBacklog: undefined }, systemClock);
  expect(readdirSync(data)).toEqual([RECORD]);
  for (const text of ["gateway: { id: [", "gateway: {}", 'gateway: { id: "" }', "7"]) {
    writeFileSync(path, text);
    expect(await wipeTargetOf(path)).toBeNull();
  }
  expect(await wipeTargetOf(join(root, "no.yaml"))).toBeNull();
});

test("a secret that its owner may only read is wiped by the owner", async () => {
  const owner = process.getuid?.() === 0 ? 65_534 : undefined;
  const [secret, second] = [join(data, "secrets", "gate"), join(root, "second-name-of-it")];
  writeFileSync(secret, "very secret", { mode: 0o400 });
  linkSync(secret, second);
  for (const path of [root, data, join(data, "secrets"), secret]) {
    if (owner !== undefined) chownSync(path, owner, owner);
  }
  const module = pathToFileURL(join(import.meta.dirname, "..", "wipe", "wipe-folder.ts")).href;
  const wiping = `wipeFolder(${JSON.stringify(data)})`;
  const code = `const { wipeFolder } = await import("${module}"); await ${wiping};`;
  const words = ["--input-type=module", "-e", code];
  await promisify(execFile)(process.execPath, words, { ...(owner && { uid: owner, gid: owner }) });
  expect(readdirSync(data)).toEqual([]);
  expect(readFileSync(second, "utf8")).toBe("");
});

test("where nobody is there to type the id, nothing is wiped, and the command ends", async () => {
  const { signal } = new AbortController();
  const typed = await typeId(config, signal, Readable.from([]));
  const ended = wipeGateway(config, { typed, withBacklog: undefined }, systemClock);
  await expect(ended).rejects.toThrow("no id was typed; nothing was wiped: write --id pasture-07");
  expect(await typeId(config, signal, Readable.from(["pasture-07\n"]))).toBe("pasture-07");
  expect(existsSync(data)).toBe(true);
});
