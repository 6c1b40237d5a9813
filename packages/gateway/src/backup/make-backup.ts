import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, Refused } from "@headgate/model";
import { BUFFER_SCHEMA, copyBuffer } from "@headgate/sync/buffer";
import { textIfThere } from "../access/durable-file.ts";
import { VERSION } from "../version.ts";
import { CONFIG, isKept, MANIFEST } from "./backed-up.ts";
import type { BackupKey } from "./backup-key.ts";
import { type Entry, packEntries } from "./entries.ts";
import { entryOf, entryOfText, filesBelow } from "./kept-files.ts";
import { type Manifest, manifestText } from "./manifest.ts";
import { type NamedFiles, namedFilesOf } from "./named-files.ts";
import { CONFIG_BYTES_MAX } from "./open-backup.ts";
import { seal } from "./seal.ts";

const LOOKS_MAX = 10;
const COPY = /^buffer\.copy-(\d+)-/;

/** What is to be backed up. */
export interface Wanted {
  readonly configPath: string;
  readonly withBuffer: boolean;
  readonly clock: Clock;
}

/** A backup that is about to be made. */
export interface Backup {
  readonly named: NamedFiles;
  /** All of it; may be asked for once. */
  bytes(key: BackupKey): AsyncGenerator<Buffer>;
}

/** Looks at what there is to be backed up; the gateway may run. */
export async function beginBackup(wanted: Wanted): Promise<Backup> {
  const { text, pending } = await readTogether(wanted.configPath);
  if (Buffer.byteLength(text) > CONFIG_BYTES_MAX) {
    throw new Refused(`back up ${wanted.configPath}: it is larger than ${CONFIG_BYTES_MAX} bytes`);
  }
  const named = await namedFilesOf(text, wanted.configPath);
  return {
    named,
    async *bytes({ header, key }) {
      yield header;
      yield* seal(packEntries(entriesOf({ ...wanted, text, pending, named })), key);
    },
  };
}

interface Begun extends Wanted {
  readonly text: string;
  /** The mark of a version on trial. */
  readonly pending: string | null;
  readonly named: NamedFiles;
}

const PENDING = "config/pending.json";
const NO_GATEWAY =
  "it cannot be read or names no gateway.id, so nobody knows what belongs to it; " +
  "`headgate check` shows the mistake";

/** The configuration and the mark of its trial, as they belong to each other. */
async function readTogether(path: string): Promise<Pick<Begun, "text" | "pending">> {
  let before = "";
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    const text = await textIfThere(path);
    if (text === null) throw new Refused(`back up ${path}: there is no such file`);
    const { dataFolder, gateway } = await namedFilesOf(text, path);
    if (gateway.id === "") throw new Refused(`back up ${path}: ${NO_GATEWAY}`);
    const pending = await textIfThere(join(dataFolder, PENDING));
    const now = JSON.stringify([text, pending]);
    if (now === before) return { text, pending };
    before = now;
  }
  throw new Refused(`back up ${path}: it is changed again and again; try again later`);
}

async function* entriesOf(begun: Begun): AsyncGenerator<Entry> {
  const { text, pending, named, withBuffer, clock } = begun;
  const { dataFolder: folder, gateway, elsewhere, variables } = named;
  const copy = withBuffer ? await copyOf(folder) : null;
  try {
    const bufferSchema = copy === null ? null : BUFFER_SCHEMA;
    const madeMs = clock.nowMs();
    const manifest: Manifest = {
      ...{ gateway, madeMs, version: VERSION, bufferSchema },
      ...{ elsewhere: [...elsewhere], variables: [...variables] },
    };
    yield entryOfText(MANIFEST, manifestText(manifest));
    yield entryOfText(CONFIG, text);
    if (pending !== null) yield entryOfText(`data/${PENDING}`, pending);
    for (const [name, secret] of named.secrets) {
      yield entryOfText(`data/secrets/${name}`, `${secret}\n`);
    }
    for (const [path, file] of named.files) yield* entryOf(file, path);
    const own = (path: string) =>
      isKept(path) && path !== PENDING && !named.secrets.has(path.replace(/^secrets\//, ""));
    for await (const path of filesBelow(folder, own)) {
      yield* entryOf(join(folder, path), `data/${path}`);
    }
    if (copy !== null) yield* bufferEntries(folder, copy);
  } finally {
    if (copy !== null) await rm(copy, { force: true });
  }
}

async function* bufferEntries(folder: string, copy: string): AsyncGenerator<Entry> {
  let isThere = false;
  for await (const entry of entryOf(copy, "data/buffer.db")) {
    isThere = true;
    // It is open: no name is needed any more, and nothing stays if this process is killed.
    await rm(copy);
    yield entry;
  }
  if (!isThere) throw new Refused("back up: the copy of the buffer was removed; try again");
  const isPicture = (path: string) => !path.endsWith(".part");
  for await (const path of filesBelow(join(folder, "media"), isPicture)) {
    yield* entryOf(join(folder, "media", path), `data/media/${path}`);
  }
}

/** Null where there is no buffer yet. */
async function copyOf(folder: string): Promise<string | null> {
  if (!existsSync(folder)) return null;
  await forgetCopies(folder, isAlive);
  const copy = join(folder, `buffer.copy-${process.pid}-${randomBytes(4).toString("hex")}`);
  try {
    if (await copyBuffer(folder, copy)) return copy;
  } catch (error) {
    await rm(copy, { force: true });
    throw error;
  }
  return null;
}

/** Removes what a backup that was killed left of its copy. */
export async function forgetCopies(
  folder: string,
  isUsed: (pid: number) => boolean = () => false,
): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = COPY.exec(name)?.[1];
    if (pid === undefined || isUsed(Number(pid))) continue;
    await rm(join(folder, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
