import { Refused } from "@headgate/model";
import { z } from "zod";

export const MANIFEST_BYTES_MAX = 1024 * 1024;
const FILES_MAX = 5_000;
const PATH_CHARACTERS_MAX = 300;
/** Of all files together: what an update may take of the disk. */
const UNPACKED_BYTES_MAX = 512 * 1024 * 1024;
const NOTES_CHARACTERS_MAX = 4_000;

/** What the launcher starts. */
export const ENTRY = "dist/main.js";

const VERSION_TEXT = /^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$/;
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.int().min(0).max(UNPACKED_BYTES_MAX);

const fileSchema = z.object({ path: z.string().max(PATH_CHARACTERS_MAX), bytes, sha256 });

const manifestSchema = z.object({
  product: z.literal("headgate"),
  version: z.string().regex(VERSION_TEXT),
  /** The oldest Node that it runs on: "22.14". */
  node: z.string().regex(/^\d{1,3}\.\d{1,3}$/),
  /** The schema of the buffer's file that it writes. */
  bufferSchema: z.int().min(0),
  notes: z.object({
    en: z.string().max(NOTES_CHARACTERS_MAX),
    zh: z.string().max(NOTES_CHARACTERS_MAX),
  }),
  /** Of what follows, as it lies in the update. */
  payload: z.object({ bytes, sha256 }),
  files: z.array(fileSchema).min(1).max(FILES_MAX),
});
/** What an update says of itself. Unknown keys are of newer versions, and no harm. */
export type Manifest = z.infer<typeof manifestSchema>;
export type PackedFile = z.infer<typeof fileSchema>;

/** A manifest whose signature was found to be right; checked all the same. */
export function parseManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Refused("the update's manifest is no JSON", { cause });
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path.join(".") ?? "";
    throw new Refused(`the update's manifest is wrong at "${place}": ${issue?.message}`);
  }
  checkFiles(parsed.data.files);
  return parsed.data;
}

/** Throws for a list of files that could not be written side by side, below one folder. */
export function checkFiles(files: readonly PackedFile[]): void {
  const seen = new Set<string>();
  const folders = new Set<string>();
  for (const { path } of files) {
    const segments = path.split("/");
    if (!segments.every((segment) => /^(?!\.{1,2}$)[\w@.+-]+$/.test(segment))) {
      throw new Refused(`the update names a file "${path}", which is no path below its folder`);
    }
    // Some disks take "A" and "a" for one.
    const key = path.toLowerCase();
    if (seen.has(key)) throw new Refused(`the update names "${path}" twice`);
    seen.add(key);
    for (let end = 1; end < segments.length; end++) {
      folders.add(segments.slice(0, end).join("/").toLowerCase());
    }
  }
  const both = files.find(({ path }) => folders.has(path.toLowerCase()));
  if (both) throw new Refused(`the update names "${both.path}" as a file and as a folder`);
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  if (total > UNPACKED_BYTES_MAX) {
    throw new Refused(`the update takes ${total} bytes of the disk, at most ${UNPACKED_BYTES_MAX}`);
  }
  if (!files.some(({ path }) => path === ENTRY)) throw new Refused(`the update has no ${ENTRY}`);
}

/** Below 0 if `one` is older. Both are "1.2.3". */
export function compareVersions(one: string, other: string): number {
  const parts = (text: string) => text.split(".").map(Number);
  const [a, b] = [parts(one), parts(other)];
  const at = a.findIndex((part, index) => part !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

export function isVersion(text: string): boolean {
  return VERSION_TEXT.test(text);
}

interface Installed {
  /** Null where nothing is installed yet. */
  readonly version: string | null;
  /** The newest schema of a buffer that it reads. */
  readonly bufferSchema: number;
  /** Of the Node that runs it: "24.21.0". */
  readonly node: string;
}

/** Why an update must not be installed over what is installed; null where it may. */
export function refusalOf(manifest: Manifest, { version, bufferSchema, node }: Installed) {
  const { version: next } = manifest;
  if (compareVersions(`${manifest.node}.0`, `${node}`) > 0) {
    return `version ${next} needs Node ${manifest.node} or newer, not ${node}`;
  }
  if (version === null) return null;
  const order = compareVersions(next, version);
  if (order === 0) return `version ${next} is installed already`;
  if (order < 0) return `version ${next} is older than ${version}, which is installed`;
  if (manifest.bufferSchema > bufferSchema) {
    const todo = "install a version between them first";
    return `version ${version} could not read the buffer of ${next} after going back; ${todo}`;
  }
  return null;
}
