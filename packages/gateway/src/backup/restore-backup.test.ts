import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { chown, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Context, silentLog, systemClock } from "@headgate/model";
import { openBuffer } from "@headgate/sync/buffer";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { verifyAudit } from "../access/audit-log.ts";
import { type BackupKey, newBackupKey } from "./backup-key.ts";
import { beginBackup } from "./make-backup.ts";
import { proveBackup } from "./open-backup.ts";
import { type RestoreWish, restoreBackup } from "./restore-backup.ts";

/** Each name is synced, which takes long on a disk that is busy with other things. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const WORDS = "korrekt pferd batterie";
let root = "";
let key: BackupKey | null = null;
const at = (...names: string[]) => join(root, ...names);
const text = (...names: string[]) => readFileSync(at(...names), "utf8");

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "headgate-backup-"));
});
afterEach(async () => await rm(root, { recursive: true, force: true }));

async function put(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(at(name)), { recursive: true });
    await writeFile(at(name), content);
  }
}

/** Of the box in "old", into "old.hgb". */
async function backUp(withBuffer = false): Promise<string> {
  key ??= await newBackupKey(WORDS);
  const configPath = at("old", "gateway.yaml");
  const backup = await beginBackup({ configPath, withBuffer, clock: systemClock });
  const pieces: Buffer[] = [];
  for await (const piece of backup.bytes(key)) pieces.push(piece);
  await writeFile(at("old.hgb"), Buffer.concat(pieces));
  return at("old.hgb");
}

async function restore(file: string, given: Partial<RestoreWish> = {}) {
  const { signal } = new AbortController();
  const wish = { configPath: at("new", "gateway.yaml"), isReplacing: false, who: "test" };
  const backup = await proveBackup(file, WORDS);
  return await restoreBackup(backup, { ...wish, clock: systemClock, signal, ...given });
}

const CONFIG = `gateway: { id: pasture-07 }
channels:
  gate: { driver: onvif, host: "\${env:GATE}", password: "\${secret:gate}" }
  plc: { driver: modbus-tcp, host: 10.0.0.1, tls: { ca: ./pki/plc.pem } }
uplinks: { cloud: { type: mqtt, url: "mqtts://b", ca: "CA", password: "\${secret:lost}" } }
devices: { meter: { channel: plc, profile: ./meters/own.yaml } }
`;

const BOX = {
  "old/gateway.yaml": CONFIG,
  "old/pki/plc.pem": "PEM of the PLC",
  "old/meters/own.yaml": "a profile",
  "old/profiles/mine.yaml": "another profile",
  "old/data/secrets/gate": "geheim-4711\n",
  "old/data/secrets/unused": "x",
  "old/data/config/version-00000001.json": "{}",
  "old/data/config/version-00000002.json.new": "half",
  "old/data/channels/plc/lessons.json": "learned",
  "old/data/channels/line/pki/own/private/key.pem": "key",
  "old/data/uplinks/cloud/month.json": "{}",
  "old/data/uplinks/cloud/hold.json": "{}",
  "old/data/variants.json": "{}",
  "old/data/writes/writes-000000000001.ndjson": "",
  "old/data/web/accounts.json": "{}",
  "old/data/web/sessions.json": "login",
  "old/data/web/claim-code": "AAAA",
  "old/data/web/local-token": "token",
  "old/data/web/certificates/own.key": "own key",
  "old/data/history.db": "history",
  "old/data/notes.txt": "somebody's",
};

const filesIn = (folder: string) =>
  readdirSync(at(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(at(folder).length + 1))
    .toSorted();

test("all that a new box needs comes back, and nothing that lets somebody in", async () => {
  await put({ ...BOX, "etc/ca.pem": "PEM of the broker" });
  await writeFile(at("old/gateway.yaml"), CONFIG.replace('"CA"', at("etc", "ca.pem")));
  await symlink(at("old", "data", "secrets"), at("old", "data", "channels", "circle"));
  const file = await backUp();
  const bytes = await readFile(file);
  for (const word of ["geheim-4711", "PEM of", "pasture", "learned", "secrets"]) {
    expect(bytes.includes(word)).toBe(false);
  }
  const { manifest } = await proveBackup(file, WORDS);
  expect(manifest).toMatchObject({
    gateway: { id: "pasture-07" },
    bufferSchema: null,
    elsewhere: [{ name: "1-ca.pem", path: at("etc", "ca.pem") }],
    variables: ["GATE"],
  });
  const restored = await restore(file);
  expect(restored).toMatchObject({ dataFolder: at("new", "data"), asidePath: null });
  expect(filesIn("new")).toEqual([
    "data/buffer.lock",
    "data/channels/line/pki/own/private/key.pem",
    "data/channels/plc/lessons.json",
    "data/config/version-00000001.json",
    "data/elsewhere/1-ca.pem",
    "data/secrets/gate",
    "data/secrets/unused",
    "data/uplinks/cloud/month.json",
    "data/variants.json",
    "data/web/accounts.json",
    "data/web/audit/audit-000000000001.ndjson",
    "data/web/certificates/own.key",
    "data/writes/writes-000000000001.ndjson",
    "gateway.yaml",
    "meters/own.yaml",
    "pki/plc.pem",
    "profiles/mine.yaml",
  ]);
  expect(text("new/data/secrets/gate")).toBe("geheim-4711\n");
  expect(text("new/pki/plc.pem")).toBe("PEM of the PLC");
  expect(text("new/data/web/audit/audit-000000000001.ndjson")).toContain("backup.restore");
  expect((await verifyAudit(at("new/data/web/audit"))).broken).toBeNull();
});

test("as root, it becomes that user's whose folder the configuration comes into", async () => {
  const elsewhere = CONFIG.replace("}\n", "}\nbuffer: { path: ../var/data }\n");
  await put({ ...BOX, "old/gateway.yaml": elsewhere, "var/data/secrets/gate": "geheim" });
  const file = await backUp();
  await rm(at("var"), { recursive: true });
  await mkdir(at("etc"));
  const uid = process.getuid?.() === 0 ? 65_534 : (process.getuid?.() ?? 0);
  await chown(at("etc"), uid, process.getuid?.() === 0 ? 65_534 : -1);
  const { owner } = await restore(file, { configPath: at("etc", "gateway.yaml") });
  expect(owner?.uid ?? uid).toBe(uid);
  const all = ["etc", "var/data"].flatMap((name) => [
    at(name),
    ...readdirSync(at(name), { recursive: true }).map((below) => at(name, String(below))),
  ]);
  expect(all.length).toBeGreaterThan(10);
  expect(all.filter((path) => statSync(path).uid !== uid)).toEqual([]);
});

test("a configuration that nobody can read is refused: nobody knows its data", async () => {
  await put({ ...BOX, "old/gateway.yaml": CONFIG.replace("channels:", "channels: {") });
  await expect(backUp()).rejects.toThrow("cannot be read or names no gateway.id");
  await put({ "old/gateway.yaml": "" });
  await expect(backUp()).rejects.toThrow("`headgate check` shows the mistake");
});

test("a secret of a variable is in the backup; one that was not found is told", async () => {
  await put(BOX);
  process.env.HEADGATE_SECRET_GATE = "of the variable";
  try {
    const configPath = at("old", "gateway.yaml");
    const { named } = await beginBackup({ configPath, withBuffer: false, clock: systemClock });
    expect(named.missing).toEqual(["lost"]);
    await restore(await backUp());
  } finally {
    delete process.env.HEADGATE_SECRET_GATE;
  }
  expect(text("new/data/secrets/gate")).toBe("of the variable\n");
});

test("what is there stays, unless it is to be replaced; then it is kept aside", async () => {
  await put(BOX);
  const file = await backUp();
  await put({ "new/gateway.yaml": "gateway: { id: other }\n" });
  await expect(restore(file)).rejects.toThrow("says something else");
  await put({ "new/data/secrets/gate": "of before", "new/data/notes.txt": "mine" });
  await put({ "new/data/history.db": "old", "new/pki/plc.pem": "PEM of before" });
  await expect(restore(file)).rejects.toThrow("holds a gateway's data already; --replace");
  expect(text("new/data/secrets/gate")).toBe("of before");
  expect(existsSync(at("new/data/restoring"))).toBe(false);

  const { asidePath } = await restore(file, { isReplacing: true });
  expect(asidePath).toContain("before-restore-");
  const aside = (name: string) => readFileSync(join(asidePath ?? "", name), "utf8");
  expect(aside("secrets/gate")).toBe("of before");
  expect(aside("history.db")).toBe("old");
  expect(aside("gateway.yaml")).toBe("gateway: { id: other }\n");
  expect(aside("beside/pki/plc.pem")).toBe("PEM of before");
  expect(text("new/data/secrets/gate")).toBe("geheim-4711\n");
  expect(text("new/data/notes.txt")).toBe("mine");
  expect(text("new/gateway.yaml")).toBe(CONFIG);
  expect(existsSync(at("new/data/history.db"))).toBe(false);
});

test("a wrong passphrase or a damaged file puts nothing anywhere", async () => {
  await put(BOX);
  const file = await backUp();
  await expect(proveBackup(file, "another sentence")).rejects.toThrow("the passphrase is wrong");
  const bytes = await readFile(file);
  bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
  await writeFile(file, bytes);
  await expect(restore(file)).rejects.toThrow("damaged or cut off");
  expect(existsSync(at("new"))).toBe(false);
  await expect(proveBackup(at("nowhere"), WORDS)).rejects.toThrow("ENOENT");
  await expect(proveBackup(at("old", "gateway.yaml"), WORDS)).rejects.toThrow("no backup");
});

test("a restore that is stopped in between puts nothing in place", async () => {
  await put(BOX);
  const file = await backUp();
  const ending = new AbortController();
  ending.abort();
  await expect(restore(file, { signal: ending.signal })).rejects.toThrow("it was stopped");
  expect(filesIn("new")).toEqual(["data/buffer.lock"]);
  await restore(file);
  expect(text("new/gateway.yaml")).toBe(CONFIG);
});

test("all that a configuration names is in its backup, or is told not to be", async () => {
  const own = { userCertificate: at("old", "pki", "me.pem"), userKey: at("old", "pki", "me.key") };
  const tls = { ca: "./large.pem", cert: "./nowhere.pem", key: "./start.sh" };
  const channels = {
    opc: { driver: "opcua", endpoint: "opc.tcp://10.0.0.1", ...own },
    plc: { driver: "modbus-tcp", host: "10.0.0.2", tls },
  };
  const variables = Array.from({ length: 1001 }, (_, index) => `\${env:P${index}}`);
  await put({ "old/gateway.yaml": JSON.stringify({ gateway: { id: "g" }, channels, variables }) });
  await put({ "old/pki/me.pem": "me", "old/pki/me.key": "my key", "old/start.sh": "run me" });
  await put({ "old/large.pem": "x".repeat(2 ** 20 + 1) });
  const file = await backUp();
  const configPath = at("old", "gateway.yaml");
  const { named } = await beginBackup({ configPath, withBuffer: false, clock: systemClock });
  expect(named.left).toEqual([at("old", "large.pem")]);
  const { manifest } = await proveBackup(file, WORDS);
  expect(manifest.variables).toHaveLength(1001);
  expect(manifest.elsewhere).toEqual([{ name: "1-start.sh", path: at("old", "start.sh") }]);
  await restore(file);
  expect(text("new/pki/me.key")).toBe("my key");
  expect(text("new/pki/me.pem")).toBe("me");
  expect(existsSync(at("new/start.sh"))).toBe(false);
});

function openIn(directory: string) {
  const capacity = { capacityBytesMax: 2 ** 25, mediaCapacityBytesMax: 2 ** 25 };
  const options = { directory, ...capacity, commitIntervalMs: 1, uplinkIds: ["cloud"] };
  const { signal } = new AbortController();
  const context: Context = { clock: systemClock, log: silentLog, signal, directory };
  return openBuffer({ ...options, pointIds: ["d/p"] }, context);
}

test("a buffer that is in use is copied, not overrun, and known to be restored", async () => {
  await put(BOX);
  const buffer = await openIn(at("old", "data"));
  const keep = async (first: number, last: number) => {
    for (let value = first; value <= last; value++) {
      await buffer.append([{ pointId: "d/p", timestampMs: value, quality: "good", value }]);
    }
  };
  await keep(1, 8);
  await put({ "old/data/media/gate/1.jpg": "a picture" });
  const [file] = await Promise.all([backUp(true), keep(9, 12)]);
  const before = buffer
    .status()
    .epochs.find(({ isCurrent, stream }) => isCurrent && stream === "main");
  expect(filesIn("old/data").filter((name) => name.includes("copy"))).toEqual([]);
  // While it runs, nothing is put over it.
  const configPath = at("old", "gateway.yaml");
  await expect(restore(file, { configPath, isReplacing: true })).rejects.toThrow("another gateway");
  await buffer.close();

  const { waitingAside } = await restore(file, { configPath, isReplacing: true });
  expect(waitingAside).toBe(12);
  await restore(file);
  for (const folder of ["old", "new"]) {
    expect(text(folder, "data/media/gate/1.jpg")).toBe("a picture");
    const again = await openIn(at(folder, "data"));
    const { epochs } = again.status();
    const main = epochs.filter(({ stream }) => stream === "main");
    expect(main.find(({ epoch }) => epoch === before?.epoch)).toMatchObject({ isCurrent: false });
    expect(main.find(({ isCurrent }) => isCurrent)?.epoch).not.toBe(before?.epoch);
    const head = main.find(({ epoch }) => epoch === before?.epoch)?.headSeq ?? 0;
    expect(head).toBeGreaterThanOrEqual(8);
    await again.close();
  }
});
