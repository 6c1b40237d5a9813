import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { Misconfigured } from "@headgate/model";
import { decodeSamples, samplesOfColumns } from "../../block/decode.ts";
import { decodeThinned } from "../../block/thinned-body.ts";
import type { BufferedSample } from "../export-buffer.ts";
import { machineId } from "../machine-id.ts";
import { codeOf } from "../sqlite.ts";
import { knownLists } from "./known-lists.ts";
import { type PutBackCounts, putBack } from "./put-back.ts";
import { Salvage, type SalvagedThinned } from "./salvage-file.ts";

/** How a file is salvaged. */
export interface SalvageOptions {
  /** Another buffer's folder whose point lists may serve beside those of the file's own folder. */
  readonly listsFrom?: string;
  /** Hears how far the scan is. */
  readonly tell?: (text: string) => void;
}

/** Opens a database file of a buffer, whatever its state. */
export function openSalvage(path: string, options: SalvageOptions = {}): Salvage {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Misconfigured(`salvage "${path}": that is a folder; name the file in it`);
  }
  const { listsFrom, tell = () => {} } = options;
  const lists = [dirname(path), ...(listsFrom ? [listsFrom] : [])].flatMap(knownLists);
  const salvage = new Salvage(path, lists, tell);
  if (!salvage.isForeign) return salvage;
  salvage.close();
  const advice = "name a buffer.db, or a buffer.db.damaged-… that was set aside";
  throw new Misconfigured(`salvage "${path}": nothing in it is of a buffer; ${advice}`);
}

/** Every sample that can be proved, also those that thinning kept. */
export function* salvagedSamples(salvage: Salvage): Generator<BufferedSample> {
  for (const entry of salvage.thinned()) yield* keptSamples(entry);
  for (const { kind, epoch, seq, body, pointList } of salvage.blocks()) {
    if (kind !== "data" || !pointList) continue;
    const samples = decodeSamples(body, pointList.pointIds);
    for (const [index, sample] of samples.entries()) yield { epoch, block: seq, index, sample };
  }
}

function* keptSamples(entry: SalvagedThinned): Generator<BufferedSample> {
  const { epoch, first, last, body, pointList } = entry;
  const { kept, keptOffsets, keptIndexes } = decodeThinned(body, last - first + 1);
  const samples = samplesOfColumns(kept, pointList.pointIds);
  for (const [at, sample] of samples.entries()) {
    const block = first + (keptOffsets[at] as number);
    yield { epoch, block, index: keptIndexes[at] as number, sample };
  }
}

/** Gives the blocks back to the buffer in `directory`, whose gateway is stopped. */
export async function putBackInto(
  directory: string,
  salvage: Salvage,
  nowMs: number,
): Promise<PutBackCounts> {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (cause) {
    const advice = "name a folder this user can write to";
    throw new Misconfigured(`salvage into "${directory}": ${codeOf(cause)}; ${advice}`, { cause });
  }
  return putBack(salvage, { directory, machineId: await machineId(), nowMs });
}
