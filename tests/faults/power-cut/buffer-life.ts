// One life of a buffer: seeded work on it, until it is closed or killed. Says what it was promised.
import { writeSync } from "node:fs";
import { type Entry, extentOf, silentLog, systemClock } from "@headgate/model";
import { openBuffer } from "@headgate/sync/buffer";
import { Rng } from "../../simulation/rng.ts";
import { type BufferWord, countersOf, type RangeWord, toldCountOf } from "./buffer-words.ts";

const [directory = "", seedText = "1", startText = "0", turnsText = "100"] = process.argv.slice(2);
const rng = new Rng(Number(seedText));
const turns = Number(turnsText);
const ending = new AbortController();
const context = { clock: systemClock, log: silentLog, signal: ending.signal, directory };
/** Some lives are so cramped that the oldest samples become minutes, or are given up. */
const isCramped = rng.chance(0.4);
const keeping = {
  keepRawMs: rng.chance(0.7) ? 1 : Number.POSITIVE_INFINITY,
  keepAckedBytesMax: rng.chance(0.3) ? 100_000 : 0,
};
const buffer = await openBuffer(
  {
    directory,
    capacityBytesMax: isCramped ? 400_000 : 2 ** 26,
    mediaCapacityBytesMax: isCramped ? 20_000 : 2 ** 26,
    ...keeping,
    commitIntervalMs: 5,
    uplinkIds: ["cloud"],
    pointIds: ["counter/0", "counter/1"],
  },
  context,
);
/** What was read and not yet acknowledged: what the far side may have. */
const published: RangeWord[] = [];
let counter = Number(startText);

function say(word: BufferWord): void {
  writeSync(1, `${JSON.stringify(word)}\n`);
}

async function appendSome(): Promise<void> {
  const counters: number[] = [];
  const samples = Array.from({ length: rng.between(1, 30) }, () => {
    counters.push(counter);
    // Texts that do not deflate make blocks of many pages.
    const isLong = rng.chance(0.05);
    const value = isLong ? `${counter} ${noise(rng.between(100, 4000))}` : counter;
    const pointId = `${isLong ? "text" : "counter"}/${counter % 5}`;
    return { pointId, timestampMs: counter++, quality: "good" as const, value };
  });
  await buffer.append(samples, rng.chance(0.1) ? "events" : "main");
  say({ kind: "kept", counters });
}

async function appendPicture(): Promise<void> {
  const at = counter++;
  const text = `picture ${at} ${noise(rng.between(10, 6000))}`;
  const bytes = new TextEncoder().encode(text);
  const name = `cam/${at % 3}/${at}.jpg`;
  await buffer.appendMedia({ name, contentType: "image/jpeg", bytes }, at);
  say({ kind: "kept", counters: [at] });
}

function noise(length: number): string {
  let text = "";
  while (text.length < length) text += Math.floor(rng.next() * 2 ** 32).toString(36);
  return text;
}

/** Reads on as blocks become durable: what is read may be published. */
async function publish(): Promise<void> {
  const heads = new Map<string, number>();
  for (let revision = 0; !ending.signal.aborted; ) {
    revision = await buffer.changed(revision, ending.signal);
    for (const { stream, epoch, tailSeq, headSeq } of buffer.status().epochs) {
      const first = heads.get(epoch) ?? tailSeq;
      if (first > headSeq) continue;
      const range = { stream, epoch, first, last: headSeq };
      const entries = await buffer.read(range, { blocksMax: 100, bytesMax: 2 ** 22 });
      for (const entry of entries) await sayPublished(entry);
      const last = entries.at(-1);
      if (last) heads.set(epoch, extentOf(last).last + 1);
    }
  }
}

async function sayPublished(entry: Entry): Promise<void> {
  const { stream, epoch } = entry;
  const { first, last } = extentOf(entry);
  if (!("seq" in entry)) {
    say({ kind: "told", stream, epoch, first, last, sampleCount: toldCountOf(entry) });
    published.push({ stream, epoch, first, last });
    return;
  }
  const { seq, hash, schemaHash, kind } = entry;
  const list = kind === "data" ? await buffer.pointList(schemaHash) : null;
  const counters = countersOf(entry, list?.pointIds ?? []);
  say({ kind: "published", stream, epoch, seq, hash, counters });
  published.push({ stream, epoch, first, last });
}

/** Newest first or oldest first, some of it: as acknowledgements come. */
async function acknowledgeSome(): Promise<void> {
  const count = rng.between(1, 12);
  const ranges = rng.chance(0.7) ? published.splice(0, count) : published.splice(-count);
  if (ranges.length === 0) return;
  say({ kind: "acknowledge", ranges });
  await buffer.acknowledge("cloud", ranges);
}

async function quarantineOne(): Promise<void> {
  const range = published.at(rng.between(0, published.length - 1));
  if (!range) return;
  say({ kind: "quarantine", ranges: [range] });
  await buffer.quarantine(range, "refused for ever");
}

async function turn(): Promise<void> {
  if (rng.chance(0.9)) void appendSome();
  if (rng.chance(0.05)) void appendPicture();
  if (rng.chance(0.15)) await acknowledgeSome();
  if (rng.chance(0.01)) await quarantineOne();
  if (rng.chance(0.004)) await buffer.startEpoch(rng.chance(0.7) ? "main" : "media", "of a test");
  if (rng.chance(0.2)) await systemClock.sleep(rng.between(1, 12), ending.signal);
}

const publishing = publish();
for (let done = 0; done < turns; done++) await turn();
if (rng.chance(0.6)) process.kill(process.pid, "SIGKILL");
ending.abort();
await publishing;
await buffer.close();
