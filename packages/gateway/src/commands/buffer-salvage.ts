import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { finished } from "node:stream/promises";
import { Misconfigured, systemClock } from "@headgate/model";
import {
  openSalvage,
  type PutBackCounts,
  putBackInto,
  type Salvage,
  type SalvagedBlock,
  salvagedSamples,
} from "@headgate/sync/buffer";
import { ExitCode } from "./exit-code.ts";
import { writeSamples } from "./export.ts";
import type { ExportFormat } from "./export-format.ts";

/** What to do with what was found; with neither, samples go to stdout. */
export interface SalvageChoice {
  readonly out: string | undefined;
  readonly into: string | undefined;
  readonly format: ExportFormat;
}

const say = (text: string) => process.stderr.write(`headgate: ${text}\n`);

/** `headgate buffer salvage`: exit code 1 if something that looks like a block is lost. */
export async function salvageFile(
  path: string,
  { out, into, format }: SalvageChoice,
  signal: AbortSignal,
): Promise<number> {
  const salvage = openSalvage(path, { tell: say, ...(into ? { listsFrom: into } : {}) });
  try {
    if (out !== undefined) await writeOut(salvage, out, { format, signal });
    else if (into === undefined) await toStdout(salvage, { format, signal });
    const returned = into === undefined ? null : await giveBack(salvage, into);
    const { blocks, samples, unproved, withoutPicture } = salvage.counts;
    const { thinned, thinnedBlocks } = salvage.counts;
    say(`${blocks} blocks with ${samples} samples are proved`);
    if (thinned > 0) say(`${thinned} thinned entries that stand for ${thinnedBlocks} blocks, too`);
    if (unproved > 0) say(`${unproved} rows cannot be proved and are left out`);
    if (returned !== null) sayReturned(returned, into ?? "");
    if (withoutPicture > 0) say(`${withoutPicture} pictures are gone`);
    return unproved + withoutPicture > 0 ? ExitCode.no : ExitCode.ok;
  } finally {
    salvage.close();
  }
}

function giveBack(salvage: Salvage, into: string): Promise<PutBackCounts> {
  return putBackInto(into, salvage, systemClock.nowMs());
}

/** Of what is proved, thinned blocks counted by their numbers: what was new, and what was not. */
function sayReturned(counts: PutBackCounts, into: string): void {
  const { blocks, samples, knownBlocks, goneBlocks } = counts;
  say(`of these, ${blocks} blocks with ${samples} samples wait in "${into}" for the uplinks now`);
  if (knownBlocks > 0) say(`${knownBlocks} were there already`);
  if (goneBlocks > 0)
    say(`${goneBlocks} more numbers, not proved or not found, are told to be gone`);
}

interface Writing {
  readonly format: ExportFormat;
  readonly signal: AbortSignal;
}

async function toStdout(salvage: Salvage, { format, signal }: Writing): Promise<void> {
  const samples = salvagedSamples(salvage);
  await writeSamples(samples, { format, pointId: undefined }, { out: process.stdout, signal });
}

async function writeOut(salvage: Salvage, out: string, writing: Writing): Promise<void> {
  const isFile = /\.(ndjson|csv|json)$/.test(out);
  const path = isFile ? out : join(out, `samples.${writing.format}`);
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = createWriteStream(path);
    const done = finished(file);
    const { format, signal } = writing;
    await writeSamples(
      salvagedSamples(salvage),
      { format, pointId: undefined },
      { out: file, signal },
    );
    file.end();
    await done;
    if (!isFile) for (const block of salvage.blocks()) writePicture(block, out);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    throw new Misconfigured(`write "${path}": ${code}; name a place this user can write to`, {
      cause,
    });
  }
}

function writePicture({ media }: SalvagedBlock, folder: string): void {
  if (!media?.file || media.name.split("/").includes("..")) return;
  const path = join(folder, "media", media.name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, media.file);
}
