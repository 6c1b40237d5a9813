import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Buffer, extentOf, silentLog, systemClock } from "@headgate/model";
import { openBuffer } from "@headgate/sync/buffer";
import { afterEach, describe, expect, it } from "vitest";
import { BufferTruth } from "./buffer-truth.ts";
import { type BufferWord, type RangeWord, toldCountOf } from "./buffer-words.ts";
import { judgeBuffer } from "./judge-buffer.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const PICTURE_BYTES = 8000;

async function openCramped(directory: string): Promise<Buffer> {
  const { signal } = new AbortController();
  return openBuffer(
    {
      directory,
      capacityBytesMax: 2 ** 26,
      mediaCapacityBytesMax: 2.5 * PICTURE_BYTES,
      commitIntervalMs: 1,
      uplinkIds: ["cloud"],
      pointIds: [],
    },
    { clock: systemClock, log: silentLog, signal, directory },
  );
}

/** Keeps pictures until one is given up that nobody has read; returns what it says of that. */
async function giveUpPictures(buffer: Buffer, words: BufferWord[]): Promise<RangeWord> {
  for (let counter = 1; buffer.status().gaps.length === 0; counter++) {
    const bytes = new TextEncoder().encode(`picture ${counter} ${"x".repeat(PICTURE_BYTES)}`);
    const picture = { name: `cam/0/${counter}.jpg`, contentType: "image/jpeg", bytes };
    await buffer.appendMedia(picture, counter);
    words.push({ kind: "kept", counters: [counter] });
  }
  const [about] = buffer.status().gaps;
  if (!about) throw new Error("no picture was given up");
  const [gap] = await buffer.read(about, { blocksMax: 1, bytesMax: 1 });
  if (gap?.kind !== "gap") throw new Error("the gap is not told");
  const range = { stream: gap.stream, epoch: gap.epoch, ...extentOf(gap) };
  words.push({ kind: "told", ...range, sampleCount: toldCountOf(gap) });
  return range;
}

/** A life that ends in order once the buffer has forgotten the gap. */
async function liveAndForget(directory: string): Promise<BufferWord[]> {
  const words: BufferWord[] = [];
  const buffer = await openCramped(directory);
  const range = await giveUpPictures(buffer, words);
  words.push({ kind: "acknowledge", ranges: [range] });
  await buffer.acknowledge("cloud", [range]);
  while (buffer.status().gaps.length > 0) {
    await buffer.append([{ pointId: "a", timestampMs: 1, quality: "good", value: -1 }]);
  }
  await buffer.close();
  return words;
}

async function judged(directory: string, words: readonly BufferWord[]): Promise<string[]> {
  const truth = new BufferTruth(words.map((word, at) => ({ at, text: JSON.stringify(word) })));
  truth.advance(Number.POSITIVE_INFINITY);
  const found = await judgeBuffer(directory, truth);
  return found.filter((text) => text.includes("promised"));
}

describe("the judge of a buffer", () => {
  it("knows what was told of and acknowledged, and misses what nobody was told of", async () => {
    const directory = mkdtempSync(join(tmpdir(), "headgate-judge-"));
    folders.push(directory);
    const words = await liveAndForget(directory);
    expect(await judged(directory, words)).toEqual([]);
    const lost = /^[1-9]\d* samples were promised and are gone, 0 are told of$/;
    for (const kind of ["told", "acknowledge"]) {
      const others = words.filter((word) => word.kind !== kind);
      expect(await judged(directory, others)).toEqual([expect.stringMatching(lost)]);
    }
  });

  it("does not let a gap of what was read account for what nobody has read", async () => {
    const directory = mkdtempSync(join(tmpdir(), "headgate-judge-"));
    folders.push(directory);
    const words: BufferWord[] = [];
    const buffer = await openCramped(directory);
    const { stream, epoch, first } = await giveUpPictures(buffer, words);
    await buffer.close();
    expect(await judged(directory, words)).toEqual([]);
    words.push({ kind: "published", stream, epoch, seq: first, hash: "", counters: [1] });
    expect(await judged(directory, words)).toEqual([]);
    words.push({ kind: "kept", counters: [999] });
    const lost = "1 samples were promised and are gone, 0 are told of";
    expect(await judged(directory, words)).toEqual([lost]);
  });
});
