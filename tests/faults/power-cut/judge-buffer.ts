import { readdirSync } from "node:fs";
import { type Block, type Buffer, silentLog, systemClock } from "@headgate/model";
import { decodeEpochBody } from "@headgate/sync/block";
import { openBuffer } from "@headgate/sync/buffer";
import { type BufferTruth, keyOf } from "./buffer-truth.ts";
import type { PublishedWord, RangeWord } from "./buffer-words.ts";
import { type Holdings, readBuffer } from "./read-buffer.ts";

/** Why a block that was published may be gone without having been acknowledged. */
const RIGHTLY_GONE = new Set(["capacity", "expired", "thinned"]);
/** Why an epoch may begin: told by the recorded life, or there was nothing before. */
const RIGHT_REASONS = new Set(["of a test", "new database", "first events"]);

/** Opens what a power cut left, with the real buffer; returns what is wrong, a sentence each. */
export async function judgeBuffer(directory: string, truth: BufferTruth): Promise<string[]> {
  const { signal } = new AbortController();
  const capacity = { capacityBytesMax: 2 ** 30, mediaCapacityBytesMax: 2 ** 30 };
  const options = { directory, ...capacity, commitIntervalMs: 1, uplinkIds: ["cloud"] };
  const context = { clock: systemClock, log: silentLog, signal, directory };
  let buffer: Buffer;
  try {
    buffer = await openBuffer({ ...options, pointIds: [] }, context);
  } catch (error) {
    return [`the buffer does not open: ${error instanceof Error ? error.message : error}`];
  }
  try {
    const holdings = await readBuffer(buffer);
    const aside = readdirSync(directory).filter((name) => name.includes(".damaged-"));
    return [
      ...aside.map((name) => `the database was set aside as ${name}`),
      ...holdings.violations,
      ...lostBlocks(holdings, truth),
      ...lostSamples(holdings, truth),
      ...(await strangeEpochs(buffer)),
      ...(await reusedNumbers(buffer, truth)),
    ];
  } finally {
    await buffer.close();
  }
}

function lostBlocks(holdings: Holdings, truth: BufferTruth): string[] {
  const { blocks, told } = holdings;
  const violations: string[] = [];
  for (const [key, word] of truth.published) {
    const found = blocks.get(key);
    if (found === word.hash) continue;
    if (found) violations.push(`${key} was published as ${word.hash} and is ${found} now`);
    else if (!isRightlyGone(key, word, { told, truth })) {
      const fate = fateOf(word, holdings, truth);
      violations.push(`${word.stream} ${key} was published and is gone: ${fate}`);
    }
  }
  return violations;
}

/** What the disk says of a number, and what the life had said. */
function fateOf(
  { epoch, seq }: Pick<PublishedWord, "epoch" | "seq">,
  { heads, told }: Holdings,
  truth: BufferTruth,
): string {
  const head = heads.get(epoch) ?? 0;
  const why = told.get(keyOf(epoch, seq)) ?? (seq > head ? `beyond the end, ${head}` : "nothing");
  return [`here it is ${why}`, ...truth.historyOf(epoch, seq)].join(", ");
}

function isRightlyGone(
  key: string,
  { epoch, seq }: { readonly epoch: string; readonly seq: number },
  { told, truth }: { readonly told: Holdings["told"]; readonly truth: BufferTruth },
): boolean {
  const isIn = (range: RangeWord) =>
    range.epoch === epoch && range.first <= seq && range.last >= seq;
  const why = told.get(key);
  if (why && RIGHTLY_GONE.has(why)) return true;
  if (why === "quarantined") return truth.quarantined.some(isIn);
  return truth.acknowledged.some(isIn);
}

/**
 * What `append` had promised and nobody had read yet cannot have been acknowledged. It may have
 * become minutes or a gap: then that is told, to the sample, or was told and acknowledged. What a
 * gap has of blocks that were read accounts for those alone.
 */
function lostSamples(holdings: Holdings, truth: BufferTruth): string[] {
  const { counters, told, accounts } = holdings;
  const violations: string[] = [];
  let unseenCount = 0;
  for (const [counter, at] of truth.kept) {
    if (counters.has(counter)) continue;
    const place = truth.placeOf.get(counter);
    const key = place ? keyOf(place.epoch, place.seq) : "";
    // A published block was judged as a whole.
    if (truth.published.has(key) || RIGHTLY_GONE.has(told.get(key) ?? "")) continue;
    if (place) {
      const where = `${place.stream} ${key}, read at ${place.at}`;
      const fate = fateOf(place, holdings, truth);
      violations.push(`sample ${counter} (${where}) was promised at ${at} and is gone: ${fate}`);
    } else unseenCount++;
  }
  const isStillTold = ({ epoch, first }: RangeWord) => {
    const why = told.get(keyOf(epoch, first)) ?? "acknowledged";
    return why !== "acknowledged";
  };
  const settled = truth.settled().filter((word) => !isStillTold(word));
  const allTold = [...accounts, ...settled].reduce((sum, each) => sum + truth.unreadIn(each), 0);
  if (unseenCount > allTold) {
    violations.push(`${unseenCount} samples were promised and are gone, ${allTold} are told of`);
  }
  return violations;
}

/** A power cut is no reason to begin a new epoch. */
async function strangeEpochs(buffer: Buffer): Promise<string[]> {
  const violations: string[] = [];
  for (const { stream, epoch, isCurrent } of buffer.status().epochs) {
    if (!isCurrent) continue;
    const range = { stream, epoch, first: 1, last: 1 };
    const [first] = await buffer.read(range, { blocksMax: 1, bytesMax: 1 });
    if (first?.kind !== "epoch") continue;
    const { reason } = decodeEpochBody((first as Block).body);
    if (!RIGHT_REASONS.has(reason)) violations.push(`${stream} began an epoch: ${reason}`);
  }
  return violations;
}

/** What comes next must not take a number that has left already. */
async function reusedNumbers(buffer: Buffer, truth: BufferTruth): Promise<string[]> {
  const sample = { pointId: "after/cut", timestampMs: 1, quality: "good", value: -1 } as const;
  await buffer.append([sample]);
  await buffer.append([sample], "events");
  const bytes = new TextEncoder().encode("picture 0 after the cut");
  const picture = { name: "after/0.jpg", contentType: "image/jpeg", bytes };
  await buffer.appendMedia(picture, 1);
  const current = buffer.status().epochs.filter(({ isCurrent }) => isCurrent);
  return current.flatMap(({ epoch, headSeq }) => {
    const key = keyOf(epoch, headSeq);
    return truth.published.has(key) ? [`number ${key} is given a second time`] : [];
  });
}
