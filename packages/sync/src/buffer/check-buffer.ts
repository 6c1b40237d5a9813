import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Seq, STREAMS, type Stream } from "@headgate/model";
import { hashOf, pointListOf } from "../block/hash.ts";
import { differenceOf, type Spans, spansOf } from "../ranges.ts";
import { BlockTable } from "./block-table.ts";
import { CursorTable } from "./cursor-table.ts";
import { EpochTable } from "./epoch-table.ts";
import { GapTable } from "./gap-table.ts";
import { isDamage } from "./open-store.ts";
import { openToRead, readFault } from "./open-to-read.ts";
import type { Sqlite } from "./sqlite.ts";
import { ThinnedTable } from "./thinned-table.ts";

/** One epoch of one stream, as the file keeps it. */
export interface EpochCheck {
  readonly stream: Stream;
  readonly epoch: string;
  readonly isCurrent: boolean;
  /** The number its next block gets. */
  readonly next: Seq;
  readonly blocks: number;
  readonly samples: number;
  /** Numbers of blocks that minutes stand for. */
  readonly thinnedBlocks: number;
  readonly gaps: number;
  /** Numbers of blocks that are not what was stored, the first hundred. */
  readonly damaged: readonly Seq[];
  readonly damagedCount: number;
  /** Given numbers that nothing explains: neither kept, nor gone, nor acknowledged. */
  readonly missingCount: number;
  /** What each uplink has not acknowledged yet, in blocks. */
  readonly backlog: Readonly<Record<string, number>>;
}

/** What a look at a buffer's file gave. */
export interface BufferCheck {
  readonly path: string;
  readonly isSound: boolean;
  /** What is wrong with the file as a whole, in SQLite's words mostly. */
  readonly problems: readonly string[];
  readonly epochs: readonly EpochCheck[];
}

const BLOCKS_PER_READ = 200;
const THINNED_BYTES_PER_READ = 4 * 1024 * 1024;
const BLOCKS_PER_TELLING = 10_000;
const DAMAGED_SHOWN_MAX = 100;
const PROBLEMS_MAX = 20;
const TASK = "check buffer";

/** Proves every block of a file, reading only; its gateway may run. */
export function checkBuffer(path: string, tell: (text: string) => void): BufferCheck {
  let db: Sqlite | null = null;
  try {
    db = openToRead(path, TASK);
    tell(`structure of ${Math.ceil(statSync(path).size / 2 ** 20)} MiB is checked`);
    const rows = db.pragma(`integrity_check(${PROBLEMS_MAX})`) as { integrity_check: string }[];
    const structure = rows.map((row) => row.integrity_check).filter((text) => text !== "ok");
    const problems = [...structure, ...problemsOfLists(db)];
    const epochs = checkEpochs(db, dirname(path), tell);
    const areSound = epochs.every(
      ({ damagedCount, missingCount }) => damagedCount + missingCount === 0,
    );
    return { path, isSound: problems.length === 0 && areSound, problems, epochs };
  } catch (error) {
    if (isDamage(error)) return { path, isSound: false, problems: [String(error)], epochs: [] };
    throw readFault(error, path, TASK);
  } finally {
    db?.close();
  }
}

function problemsOfLists(db: Sqlite): string[] {
  const lists = db.prepare<{ hash: string; ids: string }>("select hash, ids from point_list").all();
  const isRight = ({ hash, ids }: { hash: string; ids: string }) => {
    try {
      return pointListOf(JSON.parse(ids) as string[]).hash === hash;
    } catch {
      // Not the JSON that was written.
      return false;
    }
  };
  const wrong = lists.filter((list) => !isRight(list));
  return wrong.map(({ hash }) => `point list ${hash} is not the one stored`);
}

function checkEpochs(db: Sqlite, directory: string, tell: (text: string) => void): EpochCheck[] {
  return new EpochTable(db).rows.flatMap((row): EpochCheck[] => {
    if (!STREAMS.includes(row.stream)) return [];
    const { stream, epoch, next } = row;
    // In the order in which a running gateway moves them: what leaves one is in the next by then.
    const found = walk(new BlockTable(db, stream), row, { directory, tell });
    const thinned = walkThinned(db, row);
    const epochs = new EpochTable(db);
    if (!epochs.find(epoch)) return [];
    const own = new GapTable(db, epochs).all.filter((gap) => gap.epoch === epoch);
    const cursors = new CursorTable(db).all();
    const kept = spansOf([...found.spans, ...own, ...thinned.spans]);
    const given = [{ first: kept[0]?.first ?? next, last: next - 1 }];
    const told = cursors.filter((cursor) => cursor.epoch === epoch);
    const acknowledged = spansOf(told.flatMap(({ spans }) => spans));
    const missingCount = sizeOf(differenceOf(differenceOf(given, kept), acknowledged));
    const backlog = Object.fromEntries(
      told.map(({ uplinkId, spans }) => [uplinkId, sizeOf(differenceOf(kept, spans))]),
    );
    const counts = {
      blocks: found.blocks,
      thinnedBlocks: sizeOf(thinned.spans),
      samples: found.samples + thinned.keptCount,
      damaged: [...thinned.damaged, ...found.damaged].slice(0, DAMAGED_SHOWN_MAX),
      damagedCount: found.damagedCount + thinned.damaged.length,
    };
    // Blocks that came while they were counted are among them.
    const nextNow = epochs.find(epoch)?.next ?? next;
    const about = { stream, epoch, isCurrent: row.is_current === 1, next: nextNow };
    return [{ ...about, ...counts, gaps: own.length, missingCount, backlog }];
  });
}

/** The numbers that minutes stand for, and those of which the minutes are not what was stored. */
function walkThinned(
  db: Sqlite,
  row: { no: number; stream: Stream; epoch: string; next: Seq },
): { readonly spans: Spans; readonly keptCount: number; readonly damaged: readonly Seq[] } {
  if (row.stream !== "main") return { spans: [], keptCount: 0, damaged: [] };
  const table = new ThinnedTable(db);
  let spans: Spans = [];
  let keptCount = 0;
  const damaged: Seq[] = [];
  for (let first = 1; ; ) {
    const range = { first, last: row.next + LOOKAHEAD };
    const { thinned, isComplete } = table.read(row, range, THINNED_BYTES_PER_READ);
    for (const { isSound, body, hash, ...entry } of thinned) {
      keptCount += entry.keptCount;
      if (!isSound || hashOf(body) !== hash) damaged.push(entry.first);
      first = entry.last + 1;
    }
    spans = spansOf([...spans, ...thinned]);
    if (isComplete) return { spans, keptCount, damaged };
  }
}

interface WalkOptions {
  readonly directory: string;
  readonly tell: (text: string) => void;
}

/** Some blocks at a time: a long read would keep the gateway's log from being checkpointed. */
function walk(
  table: BlockTable,
  row: { no: number; stream: Stream; epoch: string; next: Seq },
  { directory, tell }: WalkOptions,
) {
  const found = { blocks: 0, samples: 0, damaged: [] as Seq[], damagedCount: 0 };
  let spans: Spans = [];
  let first = 1;
  for (;;) {
    const limits = { blocksMax: BLOCKS_PER_READ, bytesMax: Number.POSITIVE_INFINITY };
    const { blocks } = table.read(row, { first, last: row.next + LOOKAHEAD }, limits);
    const [last] = blocks.slice(-1);
    if (!last) return { ...found, spans };
    for (const block of blocks) {
      const isRight = block.isSound && isBodyRight(block, directory);
      found.blocks++;
      found.samples += block.sampleCount;
      if (isRight) continue;
      found.damagedCount++;
      if (found.damaged.length < DAMAGED_SHOWN_MAX) found.damaged.push(block.seq);
    }
    spans = spansOf([...spans, ...blocks.map(({ seq }) => ({ first: seq, last: seq }))]);
    if (found.blocks % BLOCKS_PER_TELLING === 0) tell(`${row.stream}: ${found.blocks} blocks read`);
    first = last.seq + 1;
  }
}

/** A running gateway adds blocks while they are counted. */
const LOOKAHEAD = 1_000_000;

interface Body {
  readonly body: Uint8Array;
  readonly hash: string;
  readonly mediaName: string;
}

function isBodyRight({ body, hash, mediaName }: Body, directory: string): boolean {
  if (mediaName === "") return hashOf(body) === hash;
  try {
    return (
      hashOf(Buffer.concat([body, readFileSync(join(directory, "media", mediaName))])) === hash
    );
  } catch {
    // Gone or unreadable: the block is as good as damaged.
    return false;
  }
}

function sizeOf(spans: Spans): number {
  return spans.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}
