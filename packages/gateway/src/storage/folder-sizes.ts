import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/** So many files are looked at: a folder of pictures may hold more than a page should wait for. */
const FILES_MAX = 20_000;
const BLOCK_BYTES = 512;

export const STORED_PARTS = [
  "buffer",
  "pictures",
  "history",
  "configurations",
  "page",
  "learned",
  "updates",
  "other",
] as const;
/** What a file in the data folder is for. */
export type StoredPart = (typeof STORED_PARTS)[number];

export interface FolderSizes {
  readonly parts: readonly { readonly part: StoredPart; readonly bytes: number }[];
  /** There are more files than were looked at. */
  readonly isCut: boolean;
}

/** What each part of the gateway takes in its data folder, on the disk. */
export async function folderSizes(folder: string, filesMax = FILES_MAX): Promise<FolderSizes> {
  const bytes = new Map<StoredPart, number>();
  let fileCount = 0;
  const open: string[] = [""];
  for (let inside = open.shift(); inside !== undefined; inside = open.shift()) {
    for (const entry of await entriesOf(join(folder, inside))) {
      if (fileCount >= filesMax) return { parts: listOf(bytes), isCut: true };
      const path = join(inside, entry.name);
      if (entry.isDirectory()) open.push(path);
      else if (entry.isFile()) {
        fileCount++;
        const part = partOf(path.split(/[/\\]/)[0] ?? "");
        bytes.set(part, (bytes.get(part) ?? 0) + (await takenBy(join(folder, path))));
      }
    }
  }
  return { parts: listOf(bytes), isCut: false };
}

function partOf(name: string): StoredPart {
  if (name === "media") return "pictures";
  if (name.startsWith("buffer.")) return "buffer";
  if (name.startsWith("history.")) return "history";
  if (name === "config") return "configurations";
  if (name === "web") return "page";
  return name === "channels" || name === "variants.json" ? "learned" : "other";
}

const listOf = (bytes: ReadonlyMap<StoredPart, number>) =>
  STORED_PARTS.flatMap((part) => {
    const taken = bytes.get(part);
    return taken === undefined ? [] : [{ part, bytes: taken }];
  });

/** Files come and go while one looks; some, as a disk's lost+found, are the system's alone. */
const PASSED_OVER = ["ENOENT", "ENOTDIR", "EACCES", "EPERM"];
const ifThere = <T>(nothing: T) => {
  return (error: NodeJS.ErrnoException) => {
    if (PASSED_OVER.includes(error.code ?? "")) return nothing;
    throw error;
  };
};

const entriesOf = (folder: string) => readdir(folder, { withFileTypes: true }).catch(ifThere([]));

async function takenBy(path: string): Promise<number> {
  const found = await lstat(path).catch(ifThere(null));
  if (found === null) return 0;
  // Windows does not count blocks.
  return found.blocks === undefined ? found.size : found.blocks * BLOCK_BYTES;
}
