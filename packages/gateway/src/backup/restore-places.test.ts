import { existsSync, readFileSync, statSync } from "node:fs";
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { systemClock } from "@headgate/model";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type BackupKey, newBackupKey } from "./backup-key.ts";
import { packEntries } from "./entries.ts";
import { entryOfText } from "./kept-files.ts";
import { proveBackup } from "./open-backup.ts";
import { hashOf } from "./plan.ts";
import { finishAtStart } from "./put-in-place.ts";
import { mountsBelow } from "./refuse-unfit.ts";
import { restoreBackup } from "./restore-backup.ts";
import { seal } from "./seal.ts";

// Boxes on which a backup's files have no place, and folders of somebody who wants more.

const WORDS = "korrekt pferd batterie";
const CONFIG = "gateway: { id: pasture-07 }\n";
const MANIFEST = JSON.stringify({
  gateway: { id: "pasture-07", name: "" },
  ...{ madeMs: 0, version: "1", bufferSchema: null, elsewhere: [], variables: [] },
});
let box = "";
let key: BackupKey | null = null;
const at = (...names: string[]) => join(box, ...names);
/** Each name is synced, which takes long on a disk that is busy with other things. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

beforeEach(async () => {
  box = await mkdtemp(join(tmpdir(), "headgate-places-"));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(box, { recursive: true, force: true });
});

async function put(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(at(name)), { recursive: true });
    await writeFile(at(name), content);
  }
}

/** A backup with these files, as whoever knows the passphrase can make one. */
async function restore(files: Readonly<Record<string, string>>) {
  const all = { "manifest.json": MANIFEST, "gateway.yaml": CONFIG, ...files };
  key ??= await newBackupKey(WORDS);
  const entries = Object.entries(all).map(([path, text]) => entryOfText(path, text));
  const pieces: Buffer[] = [key.header];
  for await (const piece of seal(packEntries(entries), key.key)) pieces.push(piece);
  await writeFile(at("one.hgb"), Buffer.concat(pieces));
  const wish = { configPath: at("gateway.yaml"), isReplacing: true, who: "test" };
  const { signal } = new AbortController();
  const backup = await proveBackup(at("one.hgb"), WORDS);
  return await restoreBackup(backup, {
    ...wish,
    clock: { ...systemClock, nowMs: () => 0 },
    signal,
  });
}

const OLD = { "gateway.yaml": "gateway: { id: old }\n", "data/secrets/gate": "old" };
const expectOld = async () => {
  expect(readFileSync(at("gateway.yaml"), "utf8")).toBe(OLD["gateway.yaml"]);
  expect(readFileSync(at("data", "secrets", "gate"), "utf8")).toBe("old");
  expect(existsSync(at("data", "restoring"))).toBe(false);
};

test("a folder where a file comes, or the other way, is told in time", async () => {
  await put({ ...OLD, "pki/plc.pem/x": "x", meters: "x" });
  await expect(restore({ "beside/pki/plc.pem": "new" })).rejects.toThrow("is a folder");
  await expectOld();
  await expect(restore({ "beside/meters/a.yaml": "new" })).rejects.toThrow("is a file");
  await expectOld();
});

test.each(["data/web/local-token.key", "data/restoring/x.pem", "gateway.yaml"])(
  "nothing of a backup comes beside the configuration as %s",
  async (name) => {
    await put(OLD);
    await expect(restore({ [`beside/${name}`]: "theirs" })).rejects.toThrow(/own$/);
    await expectOld();
  },
);

test("what the gateway keeps may be named by its configuration", async () => {
  await put(OLD);
  const names = ["data/secrets/ca.pem", "data/elsewhere/1-ca.pem", "data/own.pem", "ca.pem"];
  await restore(Object.fromEntries(names.map((name) => [`beside/${name}`, "new"])));
  for (const name of names) expect(readFileSync(at(name), "utf8")).toBe("new");
});

test.each([
  { names: ["../../etc"], aside: "before-restore-1" },
  { names: ["history.x/../../../etc"], aside: "before-restore-1" },
  { names: ["web"], aside: "../../etc" },
  { names: ["web"], aside: "before-restore-1/../../x" },
])("a plan that leads elsewhere is followed by nobody: %j", async (plan) => {
  await put({ ...OLD, "data/restoring/data/web/x": "x" });
  const text = JSON.stringify({ ...plan, config: hashOf(OLD["gateway.yaml"]) });
  await put({ "data/restoring/plan.json": text });
  await expect(finishAtStart(at("gateway.yaml"), at("data"))).rejects.toThrow("is no plan");
  expect(await readdir(dirname(box))).not.toContain("x");
});

test("nor is a link in the place of what was there before", async () => {
  await put({ ...OLD, "data/restoring/data/web/x": "x", "etc/passwd": "theirs" });
  const plan = { names: ["web"], aside: "before-restore-1" };
  const text = JSON.stringify({ ...plan, config: hashOf(OLD["gateway.yaml"]) });
  await put({ "data/restoring/plan.json": text });
  await symlink(at("etc"), at("data", "before-restore-1"));
  await expect(finishAtStart(at("gateway.yaml"), at("data"))).rejects.toThrow("is a link");
  expect(await readdir(at("etc"))).toEqual(["passwd"]);
});

test("what came to a stop after it counted is told so, and goes on where it stopped", async () => {
  await put(OLD);
  // A file of before that cannot be set aside: its place is taken.
  await put({ "data/before-restore-1970-01-01T000000.000/secrets/x": "in the way" });
  const stopped = restore({ "data/secrets/gate": "new" });
  await expect(stopped).rejects.toThrow(/the restore counts.*ENOTEMPTY.*start the gateway/);
  expect(readFileSync(at("gateway.yaml"), "utf8")).toBe(CONFIG);
  const started = finishAtStart(at("gateway.yaml"), at("data"));
  await expect(started).rejects.toThrow(/end the restore in .*ENOTEMPTY.*mend that, and start/);
  await rm(at("data", "before-restore-1970-01-01T000000.000", "secrets"), { recursive: true });
  expect(await finishAtStart(at("gateway.yaml"), at("data"))).toBe("finished");
  expect(readFileSync(at("data", "secrets", "gate"), "utf8")).toBe("new");
});

test("whoever is root puts every file in its place as the gateway's user's", async () => {
  const uid = process.getuid?.() === 0 ? 4711 : (process.getuid?.() ?? 0);
  await put({ ...OLD, "pki/plc.pem": "old" });
  await chown(at("data"), uid, uid === 4711 ? uid : (process.getgid?.() ?? 0));
  vi.spyOn(process as { getuid(): number }, "getuid").mockReturnValue(0);
  // What a restore that was cut off had made, before it could give it away.
  await mkdir(at("meters"));
  await chmod(at("meters"), 0o700);
  const { asidePath } = await restore({
    "data/secrets/gate": "new",
    "beside/pki/plc.pem": "new",
    "beside/meters/deep/a.yaml": "new",
  });
  const own = ["gateway.yaml", "pki/plc.pem", "meters", "meters/deep", "meters/deep/a.yaml"];
  const aside = ["", "gateway.yaml", "beside", "beside/pki", "beside/pki/plc.pem"];
  for (const path of [...own.map((name) => at(name)), at("data", "secrets", "gate")]) {
    expect([path, statSync(path).uid]).toEqual([path, uid]);
  }
  for (const name of aside) {
    expect([name, statSync(join(asidePath ?? "", name)).uid]).toEqual([name, uid]);
  }
  expect(await readFile(join(asidePath ?? "", "beside", "pki", "plc.pem"), "utf8")).toBe("old");
});

test("a disk that is mounted in the data folder is known by its first name there", () => {
  const line = (point: string) => `36 35 98:0 /x ${point} rw,noatime master:1 - ext4 /dev/sdb rw`;
  const mounts = ["/", "/srv/a\\040b", "/srv/a\\040b/media", "/srv/a\\040bc/x", "/srv/a\\040b/x/y"];
  expect(mountsBelow("/srv/a b", mounts.map(line).join("\n"))).toEqual(["media", "x"]);
});
