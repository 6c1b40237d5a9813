import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findDisk } from "./find-disk.ts";
import { folderSizes } from "./folder-sizes.ts";
import { lookAtStorage } from "./look-at-storage.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "headgate-storage-"));
});
afterAll(() => rm(root, { recursive: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

test("a partition's disk says what it is and how worn", async () => {
  const card = "sys/devices/soc/mmc0/block/mmcblk0";
  await write({
    [`${card}/mmcblk0p2/partition`]: "2\n",
    [`${card}/device/type`]: "MMC\n",
    [`${card}/device/name`]: "DG4016\n",
    [`${card}/device/life_time`]: "0x02 0x01\n",
    [`${card}/device/pre_eol_info`]: "0x01\n",
    "sys/devices/pci/nvme0n1/device/model": "Some SSD\n",
    "sys/dev/block/none": "",
  });
  await symlink(join(root, card, "mmcblk0p2"), join(root, "sys/dev/block/179:2"));
  await symlink(join(root, "sys/devices/pci/nvme0n1"), join(root, "sys/dev/block/259:300"));
  expect(await findDisk(179 * 256 + 2, root)).toEqual({
    ...{ name: "mmcblk0", kind: "eMMC", model: "DG4016" },
    wear: { usedPercentMin: 10, usedPercentMax: 20, reserve: "normal" },
  });
  // 259:300 as Linux packs it: what does not fit into eight bits stands above the major number.
  expect(await findDisk((259 << 8) | 44 | (1 << 20), root)).toEqual({
    ...{ name: "nvme0n1", kind: "NVMe", model: "Some SSD", wear: null },
  });
  expect(await findDisk(99, root)).toBeNull();
});

test("what each part takes, and that not all was counted", async () => {
  await write({
    "data/buffer.db": "x".repeat(10_000),
    "data/buffer.db-wal": "x".repeat(10_000),
    "data/media/cam/1.jpg": "x".repeat(5_000),
    "data/history.db": "x".repeat(5_000),
    "data/odd.txt": "x",
  });
  const { parts, isCut } = await folderSizes(join(root, "data"));
  const bytesOf = Object.fromEntries(parts.map(({ part, bytes }) => [part, bytes]));
  expect(Object.keys(bytesOf)).toEqual(["buffer", "pictures", "history", "other"]);
  const one = await stat(join(root, "data/buffer.db"));
  expect(bytesOf.buffer).toBe(2 * one.blocks * 512);
  expect(isCut).toBe(false);
  expect((await folderSizes(join(root, "data"), 2)).isCut).toBe(true);
});

test("this machine's own disk, and a folder that is not there", async () => {
  const { fileSystem, parts } = await lookAtStorage({ folder: root, updates: root });
  expect(fileSystem?.capacityBytes).toBeGreaterThan(fileSystem?.freeBytes ?? 0);
  expect(parts.map(({ part }) => part)).toEqual(["other", "updates"]);
  const nowhere = await lookAtStorage({ folder: join(root, "nowhere"), updates: null });
  expect(nowhere).toMatchObject({ fileSystem: null, disk: null, parts: [], isCut: false });
});

test("what is the system's alone is passed over: the rest is still told", async () => {
  const folder = join(root, "mounted");
  await write({ "mounted/buffer.db": "x", "mounted/lost+found/0": "x" });
  await chmod(join(folder, "lost+found"), 0o000);
  const owner = process.getuid?.() === 0 ? 65_534 : undefined;
  if (owner !== undefined) await chmod(root, 0o755);
  const module = pathToFileURL(join(import.meta.dirname, "folder-sizes.ts")).href;
  const code = `const { folderSizes } = await import("${module}");
console.log(JSON.stringify(await folderSizes(${JSON.stringify(folder)})));`;
  const words = ["--input-type=module", "-e", code];
  const ids = owner === undefined ? {} : { uid: owner, gid: owner };
  const { stdout } = await promisify(execFile)(process.execPath, words, ids);
  await chmod(join(folder, "lost+found"), 0o700);
  expect(JSON.parse(stdout).parts.map(({ part }: { part: string }) => part)).toEqual(["buffer"]);
});
