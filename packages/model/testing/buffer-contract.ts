import { type Block, type BlockRange, type Entry, extentOf, type Stream } from "../src/block.ts";
import type { Buffer, EpochStatus } from "../src/buffer.ts";
import type { Sample } from "../src/sample.ts";
import { expectThat, outcomeOf, type Test } from "./suite.ts";

/** What a kind of buffer gives the suite. */
export interface BufferRig {
  /** Empty, of a capacity of at most 1 MiB a stream, commits within 100 ms. */
  readonly buffer: Buffer;
  /** The one uplink whose acknowledgement the buffer waits for. */
  readonly uplinkId: string;
  /** Undoes the packing of a data block. */
  decode(body: Uint8Array, pointIds: readonly string[]): Sample[];
  /** Waits until acknowledged blocks are gone, at most a few seconds. */
  untilTrimmed(): Promise<void>;
  /** Closes `buffer` and opens it again; absent where nothing survives that. */
  reopen?(): Promise<Buffer>;
  tearDown(): Promise<void>;
}

const LIMITS = { blocksMax: 1000, bytesMax: 64 * 1024 * 1024 };
/** Enough incompressible text to fill a buffer of 1 MiB. */
const FILLING_APPENDS_MAX = 400;

/** Every buffer passes this: the oracle of the tests as well as the durable one. */
export function bufferContract(test: Test, setUp: () => Promise<BufferRig>): void {
  const withRig = (body: (rig: BufferRig) => Promise<void>) => async () => {
    const rig = await setUp();
    try {
      await body(rig);
    } finally {
      await rig.tearDown();
    }
  };
  test("begins each stream with an epoch block", withRig(beginsWithEpochs));
  test("gives back what was appended, in order and exactly", withRig(givesBack));
  test("numbers blocks without a hole", withRig(numbersGapless));
  test("a read stays within its limits and makes progress", withRig(readsWithinLimits));
  test("acknowledged blocks go, the head and the cursor stay", withRig(trimsAcknowledged));
  test("an acknowledgement is never taken back, and none is invented", withRig(neverGoesBack));
  test("at capacity the oldest become a gap record", withRig(dropsOldest));
  test("events are a stream of their own", withRig(keepsEvents));
  test("what a device remembered is a stream of its own", withRig(keepsHistory));
  test("a picture is a block of its own", withRig(keepsPictures));
  test("a new epoch counts from one and the old one stays readable", withRig(startsEpoch));
  test("a quarantined block becomes a gap record", withRig(quarantines));
  test("a change wakes who waits for it", withRig(tellsChanges));
  test("close commits what waits, and nothing is taken after it", withRig(closes));
  test("what was appended survives closing and opening", withRig(survivesReopening));
}

async function beginsWithEpochs({ buffer }: BufferRig): Promise<void> {
  for (const stream of ["main", "media"] as const) {
    const [first] = await readAll(buffer, stream);
    expectThat(first?.kind === "epoch" && first.seq === 1, `${stream} begins with an epoch block`);
  }
}

async function givesBack({ buffer, decode }: BufferRig): Promise<void> {
  const samples: Sample[] = [
    observed("a", 1, 23.4),
    observed("b", 1, 2n ** 64n - 1n),
    observed("c", 1, "运行"),
    observed("d", 1, true),
    { pointId: "e", timestampMs: 1, quality: "bad", value: null, reason: "timeout" },
    { ...observed("f", 1, -0), quality: "uncertain" } as Sample,
  ];
  const seq = await buffer.append(samples);
  const entries = await readAll(buffer, "main");
  const block = entries.find((entry) => entry.kind === "data" && entry.seq === seq) as Block;
  expectThat(block !== undefined, "append resolves with the number of a block that can be read");
  expectThat(block.sampleCount === samples.length, "the block counts its samples");
  const list = await buffer.pointList(block.schemaHash);
  expectThat(list !== null, "the block's point list is known");
  const back = decode(block.body, list.pointIds);
  const isSame = back.every((sample, index) => isSameSample(sample, samples[index]));
  expectThat(isSame && back.length === samples.length, "samples come back exactly");
  expectThat((await buffer.pointList("0000000000000000")) === null, "an unknown list is null");
}

async function numbersGapless({ buffer }: BufferRig): Promise<void> {
  const promised: number[] = [];
  for (let round = 0; round < 5; round++) {
    const appends = [1, 2, 3].map((value) => buffer.append([observed("a", round, value)]));
    promised.push(...(await Promise.all(appends)));
  }
  const entries = await readAll(buffer, "main");
  for (const [index, entry] of entries.entries()) {
    expectThat(extentOf(entry).first === index + 1, "numbers from 1, each once");
  }
  const head = current(buffer, "main").headSeq;
  expectThat(head === entries.length, "the head is the last number");
  expectThat(Math.max(...promised) === head, "append names the last block");
  const { appendedCount, committedCount } = buffer.status();
  expectThat(appendedCount === 15 && committedCount === 15, "samples are counted");
}

async function readsWithinLimits({ buffer }: BufferRig): Promise<void> {
  for (let round = 0; round < 4; round++) await buffer.append([observed("a", round, round)]);
  const two = await buffer.read(whole(buffer, "main"), { blocksMax: 2, bytesMax: 1e6 });
  expectThat(two.length === 2, "not more blocks than asked for");
  const one = await buffer.read(whole(buffer, "main"), { blocksMax: 9, bytesMax: 1 });
  expectThat(one.length === 1, "one block even if it is larger than asked for");
  const range = { ...whole(buffer, "main"), first: 3, last: 4 };
  const middle = await buffer.read(range, LIMITS);
  expectThat(middle.map(firstOf).join() === "3,4", "exactly the range asked for");
  const beyond = await buffer.read({ ...range, first: 100, last: 200 }, LIMITS);
  const foreign = await buffer.read({ ...range, epoch: "no-such-epoch" }, LIMITS);
  expectThat(beyond.length + foreign.length === 0, "nothing where nothing is");
}

async function trimsAcknowledged({ buffer, uplinkId, untilTrimmed }: BufferRig): Promise<void> {
  for (let round = 0; round < 4; round++) await buffer.append([observed("a", round, round)]);
  const { stream, epoch, headSeq } = current(buffer, "main");
  await buffer.acknowledge(uplinkId, [
    { stream, epoch, first: 1, last: 2 },
    { stream, epoch, first: 4, last: 4 },
  ]);
  await untilTrimmed();
  const left = await readAll(buffer, "main");
  expectThat(left.map(firstOf).join() === "3,5", "what is acknowledged goes, the rest stays");
  const after = current(buffer, "main");
  expectThat(after.headSeq === headSeq && after.tailSeq === 3, "the head stays, the tail moves");
  await buffer.acknowledge(uplinkId, [{ stream, epoch, first: 1, last: headSeq }]);
  await untilTrimmed();
  expectThat((await readAll(buffer, "main")).length === 0, "all acknowledged: all gone");
  expectThat((await buffer.append([observed("a", 9, 9)])) === headSeq + 1, "numbers go on");
}

async function neverGoesBack({ buffer, uplinkId }: BufferRig): Promise<void> {
  await buffer.append([observed("a", 1, 1)]);
  const { stream, epoch, headSeq } = current(buffer, "main");
  const all = { stream, epoch, first: 1, last: headSeq };
  await buffer.acknowledge(uplinkId, [{ ...all, last: headSeq + 1000 }]);
  await buffer.acknowledge(uplinkId, [{ ...all, last: 1 }]);
  await buffer.acknowledge(uplinkId, [{ ...all, epoch: "no-such-epoch" }]);
  const cursor = buffer.status().cursors.get(uplinkId) ?? [];
  const own = cursor.filter((range) => range.epoch === epoch);
  expectThat(own.length === 1 && own[0]?.first === 1, "one merged range");
  expectThat(own[0]?.last === headSeq, "no further than what was published");
  expectThat(cursor.length === 1, "an unknown epoch is no epoch");
}

async function dropsOldest({ buffer, uplinkId, untilTrimmed }: BufferRig): Promise<void> {
  for (let round = 0; round < FILLING_APPENDS_MAX; round++) {
    await buffer.append([observed("a", round, noise(round))]);
    // More than one loss, so that merging them is seen.
    if ((buffer.status().gaps[0]?.sampleCount ?? 0) > 2) break;
  }
  const { gaps, droppedCount, usedBytes, capacityBytesMax } = buffer.status();
  const [gap] = gaps;
  expectThat(gaps.length === 1 && gap !== undefined, "one gap record for what was dropped");
  expectThat(gap.reason === "capacity" && gap.first === 1, "the oldest go first");
  expectThat(gap.sampleCount === gap.last - 1, "all in a gap are counted, one a block here");
  expectThat(droppedCount === gap.sampleCount, "each lost sample is counted");
  expectThat(usedBytes <= capacityBytesMax, "the limit holds");
  const { takenCount, storedCount, thinnedCount, goneCount } = buffer.status().totals;
  expectThat(takenCount === buffer.status().appendedCount, "every sample is in the totals");
  expectThat(goneCount === gap.sampleCount && thinnedCount === 0, "and what became of it");
  expectThat(storedCount + thinnedCount + goneCount === takenCount, "to the sample");
  expectThat(buffer.status().mediaUsedBytes < 1000, "samples are no pictures");
  await buffer.append([observed("a", 1e6, noise(0))]);
  const entries = await readAll(buffer, "main");
  const [head] = entries;
  expectThat(head?.kind === "gap" && head.first === 1, "a read gives the gap record");
  let next = 1;
  for (const entry of entries) {
    const { first, last } = extentOf(entry);
    expectThat(first === next, "every number is in a block or a gap");
    next = last + 1;
  }
  const { stream, epoch } = head;
  await buffer.acknowledge(uplinkId, [{ stream, epoch, first: 1, last: next - 1 }]);
  await untilTrimmed();
  expectThat(buffer.status().gaps.length === 0, "an acknowledged gap record goes");
}

async function keepsEvents({ buffer }: BufferRig): Promise<void> {
  await buffer.append([observed("a", 1, 1)]);
  const seqs = await Promise.all([
    buffer.append([observed("door", 1, true)], "events"),
    buffer.append([observed("a", 2, 2)]),
  ]);
  expectThat(seqs.join() === "2,3", "each stream has its own numbers");
  const [first, second] = await readAll(buffer, "events");
  expectThat(first?.kind === "epoch" && first.seq === 1, "events begin with an epoch block");
  expectThat(second?.kind === "data" && second.sampleCount === 1, "and go on with samples");
  expectThat((await readAll(buffer, "main")).length === 3, "which are in no other stream");
  const { appendedCount, committedCount } = buffer.status();
  expectThat(appendedCount === 3 && committedCount === 3, "all samples are counted");
}

async function keepsHistory({ buffer }: BufferRig): Promise<void> {
  await buffer.append([observed("a", 9, 9)]);
  await buffer.append([observed("a", 4, 4), observed("a", 5, 5)], "history");
  const [first, second] = await readAll(buffer, "history");
  expectThat(first?.kind === "epoch" && first.seq === 1, "history begins with an epoch block");
  expectThat(second?.kind === "data" && second.sampleCount === 2, "and goes on with samples");
  expectThat((await readAll(buffer, "main")).length === 2, "which are in no other stream");
}

async function keepsPictures({ buffer }: BufferRig): Promise<void> {
  const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);
  const media = { name: "cam/snapshot/1.jpg", contentType: "image/jpeg", bytes };
  const seq = await buffer.appendMedia(media, 5000);
  const entries = await readAll(buffer, "media");
  const block = entries.find((entry) => firstOf(entry) === seq);
  expectThat(block?.kind === "media" && block.fromMs === 5000, "a block of kind media");
  const tail = block.body.subarray(block.body.length - bytes.length);
  expectThat(tail.join() === bytes.join(), "its body ends with the picture's bytes");
  const header = JSON.parse(new TextDecoder().decode(block.body.subarray(0, -bytes.length)));
  expectThat(header.name === media.name, "and begins with its name");
  expectThat(header.pointId === "cam/snapshot", "and its point");
  const { usedBytes, capacityBytesMax, mediaUsedBytes, mediaCapacityBytesMax } = buffer.status();
  expectThat(mediaUsedBytes >= bytes.length, "its bytes are the pictures'");
  expectThat(mediaUsedBytes < usedBytes, "and do not hide those of samples");
  expectThat(mediaCapacityBytesMax < capacityBytesMax, "and so is their share of the capacity");
}

async function startsEpoch({ buffer }: BufferRig): Promise<void> {
  await buffer.append([observed("a", 1, 1)]);
  const before = current(buffer, "main");
  await buffer.startEpoch("main", "diverged");
  const after = current(buffer, "main");
  expectThat(after.epoch !== before.epoch && after.headSeq === 1, "a new epoch begins at 1");
  expectThat((await buffer.append([observed("a", 2, 2)])) === 2, "and goes on at 2");
  const [first] = await readAll(buffer, "main");
  const text = first?.kind === "epoch" ? new TextDecoder().decode(first.body) : "{}";
  const { reason, prevEpoch, prevNext } = JSON.parse(text);
  expectThat(reason === "diverged", "its first block says why");
  expectThat(prevEpoch === before.epoch && prevNext === before.headSeq + 1, "and what it follows");
  const old = { stream: "main" as const, epoch: before.epoch, first: 1, last: before.headSeq };
  expectThat((await buffer.read(old, LIMITS)).length === before.headSeq, "the old one is kept");
  const kept = buffer.status().epochs.find(({ epoch }) => epoch === before.epoch);
  expectThat(kept?.isCurrent === false, "but it is not the current one");
  expectThat(kept?.isForked === true, "and others know other blocks under its numbers");
  expectThat(current(buffer, "main").isForked !== true, "which is not so of the new one");
}

async function quarantines({ buffer }: BufferRig): Promise<void> {
  for (let round = 0; round < 3; round++) await buffer.append([observed("a", round, round)]);
  const range = { ...whole(buffer, "main"), first: 3, last: 3 };
  await buffer.quarantine(range, "refused by the far side");
  const entries = await readAll(buffer, "main");
  const gap = entries.find((entry) => entry.kind === "gap");
  expectThat(gap?.kind === "gap" && gap.reason === "quarantined", "a gap record says so");
  expectThat(gap.first === 3 && gap.last === 3 && gap.sampleCount === 1, "of just that block");
  expectThat(entries.map(firstOf).join() === "1,2,3,4", "the others stay");
}

async function tellsChanges({ buffer }: BufferRig): Promise<void> {
  const never = new AbortController();
  const revision = await buffer.changed(-1, never.signal);
  const change = buffer.changed(revision, never.signal);
  await buffer.append([observed("a", 1, 1)]);
  expectThat((await change) > revision, "a new head is a change");
  const now = await buffer.changed(revision, never.signal);
  const waiting = buffer.changed(now, never.signal);
  never.abort();
  expectThat((await waiting) === now, "an abort ends the waiting");
}

async function closes({ buffer }: BufferRig): Promise<void> {
  const appending = buffer.append([observed("a", 1, 1)]);
  await Promise.all([buffer.close(), buffer.close()]);
  expectThat((await outcomeOf(appending)).kind === "resolved", "close commits what waits");
  const late = await outcomeOf(buffer.append([observed("a", 2, 2)]));
  expectThat(late.kind === "rejected", "append rejects after close");
}

async function survivesReopening({ buffer, uplinkId, reopen }: BufferRig): Promise<void> {
  if (!reopen) return;
  for (let round = 0; round < 4; round++) await buffer.append([observed("a", round, round)]);
  await buffer.appendMedia({ name: "c/d/1.jpg", contentType: "a/b", bytes: Uint8Array.of(1) }, 1);
  const { stream, epoch, headSeq } = current(buffer, "main");
  await buffer.acknowledge(uplinkId, [{ stream, epoch, first: 1, last: 2 }]);
  await buffer.quarantine({ stream, epoch, first: 3, last: 3 }, "test");
  const before = await Promise.all([readAll(buffer, "main"), readAll(buffer, "media")]);
  const again = await reopen();
  const after = await Promise.all([readAll(again, "main"), readAll(again, "media")]);
  const keptOf = ([main, media]: [Entry[], Entry[]]) =>
    [...main.filter((entry) => firstOf(entry) > 2), ...media].map(
      (entry) => `${firstOf(entry)} ${entry.kind === "gap" ? entry.reason : entry.hash}`,
    );
  expectThat(keptOf(after).join() === keptOf(before).join(), "entries are the same");
  const now = current(again, "main");
  expectThat(now.epoch === epoch && now.headSeq === headSeq, "the epoch goes on");
  const cursor = again
    .status()
    .cursors.get(uplinkId)
    ?.find((range) => range.epoch === epoch);
  expectThat(cursor?.first === 1 && cursor.last === 2, "the cursor is kept");
  expectThat((await again.append([observed("a", 9, 9)])) === headSeq + 1, "numbers go on");
}

function observed(point: string, timestampMs: number, value: boolean | number | bigint | string) {
  return { pointId: `device/${point}`, timestampMs, quality: "good", value } as const;
}

function current(buffer: Buffer, stream: Stream): EpochStatus {
  const { epochs } = buffer.status();
  const found = epochs.find((epoch) => epoch.stream === stream && epoch.isCurrent);
  expectThat(found !== undefined, `${stream} has a current epoch`);
  return found;
}

function whole(buffer: Buffer, stream: Stream): BlockRange {
  const { epoch, headSeq } = current(buffer, stream);
  return { stream, epoch, first: 1, last: headSeq };
}

function readAll(buffer: Buffer, stream: Stream): Promise<Entry[]> {
  return buffer.read(whole(buffer, stream), LIMITS);
}

function firstOf(entry: Entry): number {
  return extentOf(entry).first;
}

function isSameSample(one: Sample, other: Sample | undefined): boolean {
  if (!other || one.pointId !== `${other.pointId}` || one.quality !== other.quality) return false;
  if (one.quality === "bad" && other.quality === "bad") return one.reason === other.reason;
  return one.timestampMs === other.timestampMs && Object.is(one.value, other.value);
}

/** Text that does not deflate well, the same for the same seed. */
function noise(seed: number): string {
  let state = (seed + 1) * 2_654_435_761;
  let text = "";
  while (text.length < 12_000) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text += state.toString(36);
  }
  return text;
}
