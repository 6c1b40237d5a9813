import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Misconfigured } from "@headgate/model";
import { decodeSamples } from "../block/decode.ts";
import type { BufferedSample } from "./export-buffer.ts";
import { machineId } from "./machine-id.ts";
import { openStore } from "./open-store.ts";
import { NO_QUOTAS } from "./options.ts";
import { type QuarantinedRow, QuarantineTable } from "./quarantine-table.ts";
import { MIGRATION_OF_QUARANTINE } from "./schema.ts";
import { codeOf, openSqlite } from "./sqlite.ts";

/** One entry that no far side takes, as a person sees it. */
export interface Quarantined {
  /** Its number in the quarantine, not in the stream. */
  readonly no: number;
  readonly stream: string;
  readonly epoch: string;
  readonly first: number;
  readonly last: number;
  readonly kind: string;
  readonly sampleCount: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly bytes: number;
  readonly reason: string;
  /** Kept by an older version with too little about it: it can be looked at, not sent. */
  readonly isBare: boolean;
}

/** What can be read of one entry. */
export interface QuarantinedContent {
  readonly about: Quarantined;
  readonly samples: readonly BufferedSample[];
  readonly picture: { readonly name: string; readonly bytes: Uint8Array } | null;
  /** As it would be sent, of what holds no samples of its own. */
  readonly body: Uint8Array;
}

const BUSY_MS_MAX = 200;

/** Everything in the quarantine of a buffer, also while its gateway runs. */
export function listQuarantined(directory: string): Quarantined[] {
  return rowsIn(directory).map(aboutRow);
}

/** What the entries hold; those of these numbers, or all. */
export function readQuarantined(
  directory: string,
  numbers: readonly number[] | null,
): QuarantinedContent[] {
  return chosen(rowsIn(directory), numbers).map((row) => {
    const entry = row.kept?.entry;
    const pointIds = row.kept?.pointList?.pointIds ?? null;
    const isData = entry?.kind === "data" && pointIds !== null;
    const samples = isData ? decodeSamples(row.body, pointIds) : [];
    return {
      about: aboutRow(row),
      samples: samples.map((sample, index) => {
        return { epoch: row.epoch, block: row.seq, index, sample };
      }),
      picture: pictureOf(row, directory),
      body: row.body,
    };
  });
}

/**
 * Puts entries back into the buffer of a stopped gateway under their own numbers: it sends them
 * again, and what it told to be gone is there after all. Returns how many.
 */
export async function retryQuarantined(
  directory: string,
  numbers: readonly number[] | null,
  nowMs: number,
): Promise<number> {
  const rows = chosen(rowsIn(directory), numbers).filter(({ kept }) => kept !== null);
  if (rows.length === 0) return 0;
  const request = { directory, ...NO_QUOTAS, machineId: await machineId(), nowMs, isFirst: false };
  const opened = openStore(request);
  try {
    return opened.store.retry(rows.map(({ no }) => no));
  } finally {
    opened.close();
  }
}

function rowsIn(directory: string): QuarantinedRow[] {
  const path = join(directory, "buffer.db");
  if (!existsSync(path)) {
    throw new Misconfigured(`read quarantine "${path}": there is no such file; check buffer.path`);
  }
  try {
    const db = openSqlite(path, BUSY_MS_MAX, { isReadonly: true });
    try {
      const version = Number(db.pragma("user_version", { simple: true }));
      // A file of an older version is brought up to date when its gateway is started.
      if (version < MIGRATION_OF_QUARANTINE) return [];
      return new QuarantineTable(db).rows;
    } finally {
      db.close();
    }
  } catch (cause) {
    if (codeOf(cause) === "") throw cause;
    const why = `read quarantine "${path}": ${codeOf(cause)}`;
    throw new Misconfigured(`${why}; check that this user may read it`, { cause });
  }
}

function chosen(rows: readonly QuarantinedRow[], numbers: readonly number[] | null) {
  const missing = numbers?.find((no) => !rows.some((row) => row.no === no));
  if (missing !== undefined) {
    throw new Misconfigured(
      `quarantine: there is no entry ${missing}; see headgate quarantine list`,
    );
  }
  return rows.filter(({ no }) => numbers === null || numbers.includes(no));
}

function aboutRow({ no, stream, epoch, seq, reason, body, kept }: QuarantinedRow): Quarantined {
  const { entry, media } = kept ?? {};
  return {
    no,
    stream,
    epoch,
    first: seq,
    last: entry?.kind === "thinned" ? entry.last : seq,
    kind: entry?.kind ?? "unknown",
    sampleCount: entry?.sampleCount ?? 0,
    fromMs: entry?.fromMs ?? 0,
    toMs: entry?.toMs ?? 0,
    bytes: body.byteLength + (media?.bytes ?? 0),
    reason,
    isBare: kept === null,
  };
}

function pictureOf({ kept }: QuarantinedRow, directory: string): QuarantinedContent["picture"] {
  if (!kept?.media) return null;
  const { name } = kept.media;
  const path = join(directory, "media", name);
  return existsSync(path) ? { name, bytes: readFileSync(path) } : null;
}
