import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type EpochStanding,
  exportRecord,
  openSqliteStore,
  receiveStatus,
  type Store,
} from "@headgate/sync/receiver";
import {
  arrivalOf,
  epochOf,
  GATEWAYS,
  LIST,
  numberOf,
  pictureOf,
  SAMPLES_PER_BLOCK,
  STREAMS,
} from "./receiver-blocks.ts";
import type { ReceiverTruth } from "./receiver-truth.ts";

/** Opens what a power cut left, with the real store; returns what is wrong, a sentence each. */
export async function judgeReceiver(directory: string, truth: ReceiverTruth): Promise<string[]> {
  const path = join(directory, "upstream.db");
  let store: Store;
  try {
    store = openSqliteStore(path);
  } catch (error) {
    return [`the store does not open: ${error instanceof Error ? error.message : error}`];
  }
  try {
    const violations = lostAcknowledgements(store, truth);
    violations.push(...wrongRecord(path, storedOf(path)), ...wrongPictures(store, directory));
    violations.push(...(await sendAllAgain(store)));
    violations.push(...wrongRecord(path, storedOf(path)));
    return violations;
  } finally {
    await store.close();
  }
}

/** What was acknowledged is here, and under the same incarnation. */
function lostAcknowledgements(store: Store, truth: ReceiverTruth): string[] {
  const violations: string[] = [];
  for (const { incarnation, gatewayId, epoch, covered } of truth.newest.values()) {
    if (incarnation !== store.incarnation) violations.push(`${epoch}: another incarnation`);
    const found = store.standing(gatewayId, 16).find((one) => one.epoch === epoch)?.covered ?? [];
    for (const { first, last } of covered) {
      if (found.some((span) => span.first <= first && span.last >= last)) continue;
      violations.push(`${epoch}: ${first} to ${last} was acknowledged and is gone`);
    }
  }
  return violations;
}

interface Stored {
  readonly blocks: number;
  readonly samples: number;
  readonly conflicts: number;
}

function storedOf(path: string): Stored {
  const { epochs } = receiveStatus(path);
  const main = epochs.filter(({ stream }) => stream === "main");
  return {
    blocks: main.reduce((sum, { blockCount }) => sum + blockCount, 0),
    samples: main.reduce((sum, { sampleCount }) => sum + sampleCount, 0),
    conflicts: epochs.reduce((sum, { conflictCount }) => sum + conflictCount, 0),
  };
}

/** Every sample is what its block holds, once, and as many as the books say. */
function wrongRecord(path: string, { blocks, samples, conflicts }: Stored): string[] {
  const violations: string[] = conflicts > 0 ? [`${conflicts} conflicts`] : [];
  const seen = new Set<string>();
  for (const { epoch, block, index, value } of exportRecord(path, {})) {
    const place = `${epoch}/${block}/${index}`;
    if (seen.has(place)) violations.push(`${place} is there twice`);
    seen.add(place);
    if (value !== numberOf(block, index)) violations.push(`${place} is ${value}`);
  }
  if (seen.size !== samples || samples !== blocks * SAMPLES_PER_BLOCK) {
    violations.push(
      `${blocks} blocks, ${samples} samples in the books, ${seen.size} in the record`,
    );
  }
  return violations;
}

/** Every picture that is covered has its file, whole. */
function wrongPictures(store: Store, directory: string): string[] {
  const violations: string[] = [];
  for (const gatewayId of GATEWAYS) {
    for (const { first, last } of coveredOf(store, gatewayId)) {
      for (let seq = first; seq <= last; seq++) {
        const path = join(directory, "upstream.db.media", gatewayId, "cam", "a", `${seq}.jpg`);
        const isWhole = Buffer.compare(readOrNothing(path), pictureOf(seq)) === 0;
        if (!isWhole) violations.push(`picture ${seq} of ${gatewayId} is not whole`);
      }
    }
  }
  return violations;
}

function coveredOf(store: Store, gatewayId: string): EpochStanding["covered"] {
  const epoch = epochOf(gatewayId, "media");
  return store.standing(gatewayId, 16).find((one) => one.epoch === epoch)?.covered ?? [];
}

function readOrNothing(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch {
    // It is not there: not whole either.
    return new Uint8Array(0);
  }
}

/** As gateways do after a reconnect: all of it must fit what is there. */
async function sendAllAgain(store: Store): Promise<string[]> {
  const violations: string[] = [];
  for (const gatewayId of GATEWAYS) {
    await store.addPointList({ gatewayId, ...LIST });
    for (const stream of STREAMS) {
      const epoch = epochOf(gatewayId, stream);
      const covered = store.standing(gatewayId, 16).find((one) => one.epoch === epoch)?.covered;
      const end = (covered?.at(-1)?.last ?? 0) + 3;
      const arrivals = Array.from({ length: end }, (_, index) =>
        arrivalOf(gatewayId, stream, index + 1),
      );
      const verdicts = await store.commit(arrivals, 1);
      for (const verdict of verdicts) {
        if (verdict === "stored" || verdict === "duplicate") continue;
        violations.push(`${epoch}: a block sent again is ${verdict}`);
      }
    }
  }
  return violations;
}
