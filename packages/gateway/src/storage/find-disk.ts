import { readFile, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type DiskWear, wearOf } from "./disk-wear.ts";

/** The disk that a file system is on, as far as Linux tells without root. */
export interface Disk {
  /** "mmcblk0". */
  readonly name: string;
  readonly kind: "eMMC" | "SD card" | "NVMe" | "hard disk" | "other";
  /** As its maker calls it; null where nobody says. */
  readonly model: string | null;
  /** Null: it does not tell. */
  readonly wear: DiskWear | null;
}

/**
 * The disk by the number of its file system's device; null where that is no disk (a folder in
 * memory, over the network, over others) or the system is none that tells.
 */
export async function findDisk(deviceNumber: number, root = "/"): Promise<Disk | null> {
  const [major, minor] = partsOf(deviceNumber);
  // Whatever is not there is no disk that tells.
  const block = await realpath(join(root, `sys/dev/block/${major}:${minor}`)).catch(() => null);
  if (block === null) return null;
  // A partition lies in the folder of its disk.
  const isPartition = (await textOf(join(block, "partition"))) !== null;
  const folder = isPartition ? dirname(block) : block;
  const name = folder.slice(folder.lastIndexOf("/") + 1);
  const told = (path: string) => textOf(join(folder, path));
  return {
    name,
    kind: kindOf(name, await told("device/type"), await told("queue/rotational")),
    model: (await told("device/model")) ?? (await told("device/name")),
    wear: wearOf(await told("device/life_time"), await told("device/pre_eol_info")),
  };
}

function kindOf(name: string, type: string | null, rotational: string | null): Disk["kind"] {
  if (type === "MMC") return "eMMC";
  if (type === "SD") return "SD card";
  if (name.startsWith("nvme")) return "NVMe";
  return /^sd[a-z]+$/.test(name) && rotational === "1" ? "hard disk" : "other";
}

/** As Linux packs them: 12 and 20 bits, not side by side. */
function partsOf(device: number): readonly [major: number, minor: number] {
  const bits = BigInt(device);
  const major = ((bits >> 8n) & 0xfffn) | ((bits >> 32n) & 0xfffff000n);
  const minor = (bits & 0xffn) | ((bits >> 12n) & 0xffffff00n);
  return [Number(major), Number(minor)];
}

/** Null where it is not told, for whatever reason: many disks lack many of these files. */
async function textOf(path: string): Promise<string | null> {
  return (await readFile(path, "utf8").catch(() => "")).trim() || null;
}
