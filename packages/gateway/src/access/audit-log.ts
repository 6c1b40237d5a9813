import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Turns } from "../turns.ts";
import { syncFolder, textIfThere } from "./durable-file.ts";

/** A file of the log is full at so many bytes; the oldest goes when there are more than so many. */
const LIMITS = { fileBytesMax: 1024 * 1024, filesMax: 20 } as const;
const DETAIL_CHARACTERS_MAX = 4_000;
const BEGINNING = "0".repeat(64);

/** What can be done that is written down; the page has a word for each in two languages. */
export type AuditAction =
  | "claim"
  | "login"
  | "password"
  | "session.end"
  | "user.add"
  | "user.change"
  | "user.remove"
  | "token.add"
  | "token.remove"
  | "certificate"
  | "config.test"
  | "config.apply"
  | "config.confirm"
  | "config.roll-back"
  | "find.start"
  | "uplink.test"
  | "roll-back.see"
  | "support.take"
  | "backup.take"
  | "backup.restore"
  | "update.install"
  | "update.roll-back";

/** One thing that somebody did, or tried. */
export interface Deed {
  /** "tech-1", "token erp", "this machine"; whoever it was said to be, where that was wrong. */
  readonly who: string;
  readonly address: string;
  readonly action: AuditAction;
  readonly outcome: "done" | "refused";
  /** What it was done to, with old and new where something changed. No secrets. */
  readonly detail: string;
}

const entrySchema = z.strictObject({
  seq: z.int().min(1),
  atMs: z.number(),
  who: z.string(),
  address: z.string(),
  action: z.string(),
  outcome: z.enum(["done", "refused"]),
  detail: z.string(),
  /** Of the entry before. */
  previous: z.string(),
  /** Of all the above. */
  hash: z.string(),
});
export const auditEntrySchema = entrySchema.meta({ id: "AuditEntry" });
export type AuditEntry = z.infer<typeof entrySchema>;

/** What a look at the whole log found. */
export interface AuditVerdict {
  readonly entryCount: number;
  /** 0 where there is none. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Of the last entry: to be written down elsewhere, and compared. */
  readonly lastHash: string;
  /** Null where the chain holds. */
  readonly broken: string | null;
}

type Last = Pick<AuditEntry, "seq" | "hash">;

interface AuditLimits {
  readonly fileBytesMax: number;
  readonly filesMax: number;
}

/** Who did what: each entry holds the hash of the one before, so that none can be changed alone. */
export class AuditLog {
  readonly #folder: string;
  #last: Last;
  readonly #turns = new Turns();
  #isClosed = false;

  readonly #limits: AuditLimits;

  private constructor(folder: string, last: Last, limits: AuditLimits) {
    this.#folder = folder;
    this.#limits = limits;
    this.#last = last;
  }

  /**
   * Goes on where the files end; half an entry of a power cut is cut off. What is no entry is left
   * where it stands, for whoever looks at the chain: it counts, so that no number comes twice.
   */
  static async open(folder: string, limits: AuditLimits = LIMITS): Promise<AuditLog> {
    let damagedCount = 0;
    const names = await fileNames(folder);
    const [first] = names;
    for (const name of names.toReversed()) {
      const whole = await withoutHalf(join(folder, name));
      for (const line of whole.trimEnd().split("\n").toReversed()) {
        // A power cut left the file empty: the chain goes on from the one before.
        if (line === "") continue;
        const entry = entryOf(line);
        if (entry) {
          const last = { seq: entry.seq + damagedCount, hash: entry.hash };
          return new AuditLog(folder, last, limits);
        }
        damagedCount++;
      }
    }
    const seq = (first === undefined ? 0 : firstSeqOf(first) - 1) + damagedCount;
    return new AuditLog(folder, { seq, hash: BEGINNING }, limits);
  }

  /** Resolves when it would survive a power cut. Rejects when it cannot be kept. */
  async add(deed: Deed, atMs: number): Promise<AuditEntry> {
    if (this.#isClosed) throw new Error("the log of who did what is closed");
    return await this.#turns.take(() => this.#append(deed, atMs));
  }

  /** Resolves when nothing is written any more: whoever opens it next finds the last entry. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#turns.rest();
  }

  async #append(deed: Deed, atMs: number): Promise<AuditEntry> {
    const { who, address, action, outcome } = deed;
    const detail = deed.detail.slice(0, DETAIL_CHARACTERS_MAX);
    const body = {
      ...{ seq: this.#last.seq + 1, atMs, who, address, action, outcome, detail },
      previous: this.#last.hash,
    };
    const entry = { ...body, hash: hashOf(body) };
    const line = `${JSON.stringify(entry)}\n`;
    const path = join(this.#folder, await this.#fileFor(entry.seq, Buffer.byteLength(line)));
    const file = await open(path, "a", 0o600);
    const { size } = await file.stat();
    try {
      await file.appendFile(line);
      await file.sync();
    } catch (error) {
      // A full disk takes half an entry, which would spoil the next.
      await file.truncate(size);
      throw error;
    } finally {
      await file.close();
    }
    this.#last = entry;
    return entry;
  }

  async #fileFor(seq: number, bytes: number): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const names = await fileNames(this.#folder);
    const current = names.at(-1);
    if (current !== undefined) {
      const file = await open(join(this.#folder, current), "r");
      const { size } = await file.stat().finally(() => file.close());
      if (size + bytes <= this.#limits.fileBytesMax) return current;
    }
    const surplus = names.slice(0, Math.max(0, names.length + 1 - this.#limits.filesMax));
    for (const name of surplus) await rm(join(this.#folder, name));
    const name = `audit-${String(seq).padStart(12, "0")}.ndjson`;
    await (await open(join(this.#folder, name), "a", 0o600)).close();
    await syncFolder(this.#folder);
    return name;
  }
}

/** The newest entries, newest first. */
export async function readAudit(
  folder: string,
  { limit, before }: { limit: number; before?: number | undefined },
): Promise<readonly AuditEntry[]> {
  const found: AuditEntry[] = [];
  for (const name of (await fileNames(folder)).toReversed()) {
    const lines = ((await textIfThere(join(folder, name))) ?? "").trimEnd().split("\n");
    for (const line of lines.toReversed()) {
      const entry = entryOf(line);
      if (entry && (before === undefined || entry.seq < before)) found.push(entry);
      if (found.length >= limit) return found;
    }
  }
  return found;
}

/** Walks the whole chain. What a full log has dropped at its beginning is no break. */
export async function verifyAudit(folder: string): Promise<AuditVerdict> {
  let last: AuditEntry | null = null;
  let first: AuditEntry | null = null;
  let entryCount = 0;
  const verdict = (broken: string | null): AuditVerdict => ({
    entryCount,
    firstSeq: first?.seq ?? 0,
    lastSeq: last?.seq ?? 0,
    lastHash: last?.hash ?? BEGINNING,
    broken,
  });
  for (const name of await fileNames(folder)) {
    const text = (await textIfThere(join(folder, name))) ?? "";
    for (const [index, line] of text.replace(/\n$/, "").split("\n").entries()) {
      if (line === "") continue;
      const place = `${name} line ${index + 1}`;
      const entry = entryOf(line);
      if (!entry) return verdict(`${place} is no entry`);
      const { hash, ...body } = entry;
      if (hashOf(body) !== hash) return verdict(`${place} (entry ${entry.seq}) was changed`);
      if (last && entry.previous !== last.hash) {
        return verdict(`${place}: entry ${entry.seq} does not follow entry ${last.seq}`);
      }
      if (!last && entry.seq === 1 && entry.previous !== BEGINNING) {
        return verdict(`${place}: entry 1 follows something`);
      }
      first ??= entry;
      last = entry;
      entryCount++;
    }
  }
  return verdict(null);
}

/** The whole lines of a file; half a one is cut off. */
async function withoutHalf(path: string): Promise<string> {
  const bytes = await readFile(path);
  // In bytes: what has rotted is no text, and longer as one.
  const whole = bytes.subarray(0, bytes.lastIndexOf("\n") + 1);
  if (whole.length < bytes.length) await truncate(path, whole.length);
  return whole.toString();
}

function entryOf(line: string): AuditEntry | null {
  try {
    return entrySchema.parse(JSON.parse(line));
  } catch {
    return null; // Whoever asks says what that means.
  }
}

async function fileNames(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names.filter((name) => /^audit-\d+\.ndjson$/.test(name)).toSorted();
}

function firstSeqOf(name: string): number {
  return Number(/\d+/.exec(name)?.[0] ?? 1);
}

function hashOf(body: Omit<AuditEntry, "hash">): string {
  return createHash("sha256").update(JSON.stringify(body)).digest("hex");
}
