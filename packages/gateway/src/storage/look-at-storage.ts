import { readFile, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { writtenIn } from "./disk-wear.ts";
import { type Disk, findDisk } from "./find-disk.ts";
import { type FolderSizes, folderSizes } from "./folder-sizes.ts";

const DAY_S = 86_400;
/** What is written in less says little of a day. */
const SECONDS_MIN = 600;

/** Where the gateway's data lies, and what it takes of it. */
export interface StorageView extends FolderSizes {
  /** Null where the folder is not there: a buffer in memory. */
  readonly fileSystem: { readonly capacityBytes: number; readonly freeBytes: number } | null;
  /** Null where nobody says which disk it is. */
  readonly disk: Disk | null;
  /** By this process, to all disks; null where the system does not count that. */
  readonly written: {
    readonly bytes: number;
    readonly forMs: number;
    /** At this rate; null in the first minutes. */
    readonly bytesPerDay: number | null;
  } | null;
}

/** Where it lies. */
export interface Folders {
  /** Of the data. */
  readonly folder: string;
  /** Of the program's versions; null where no launcher started it. */
  readonly updates: string | null;
}

export async function lookAtStorage(
  { folder, updates }: Folders,
  root = "/",
): Promise<StorageView> {
  const found = await Promise.all([statfs(folder), stat(folder)]).catch(absent);
  const [space, place] = found ?? [null, null];
  return {
    fileSystem: space && {
      capacityBytes: space.blocks * space.bsize,
      freeBytes: space.bavail * space.bsize,
    },
    disk: place && (await findDisk(place.dev, root)),
    written: await lookAtWritten(root),
    ...(await sizesOf({ folder, updates })),
  };
}

async function sizesOf({ folder, updates }: Folders): Promise<FolderSizes> {
  const data = await folderSizes(folder);
  if (updates === null) return data;
  const program = await folderSizes(updates);
  const bytes = program.parts.reduce((sum, part) => sum + part.bytes, 0);
  const parts = [...data.parts, { part: "updates", bytes } as const];
  return { parts, isCut: data.isCut || program.isCut };
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code !== "ENOENT") throw error;
  return null;
}

async function lookAtWritten(root: string): Promise<StorageView["written"]> {
  // No other system than Linux has it.
  const io = await readFile(join(root, "proc/self/io"), "utf8").catch(() => null);
  const bytes = writtenIn(io);
  const seconds = process.uptime();
  if (bytes === null) return null;
  const bytesPerDay = seconds < SECONDS_MIN ? null : Math.round((bytes / seconds) * DAY_S);
  return { bytes, forMs: Math.round(seconds * 1000), bytesPerDay };
}
