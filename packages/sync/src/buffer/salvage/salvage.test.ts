import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sample, Thinned } from "@headgate/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BlockBuilder } from "../../block/block-builder.ts";
import { decodeColumns } from "../../block/decode.ts";
import { deflated } from "../../block/deflate.ts";
import { pointListOf } from "../../block/hash.ts";
import { Thinner } from "../../block/thinner.ts";
import { openStore } from "../open-store.ts";
import { NO_QUOTAS } from "../options.ts";
import { openSqlite } from "../sqlite.ts";
import type { BlockToStore, Commit } from "../store-messages.ts";
import { type RowPlace, rowsOfPage } from "./leaf-rows.ts";
import { PageFile } from "./page-file.ts";
import { putBackInto } from "./salvage-buffer.ts";
import { Salvage, type SalvagedBlock } from "./salvage-file.ts";

const LIST = pointListOf(Array.from({ length: 40 }, (_, index) => `device-${index}/value`));
const EPOCHS = ["0199-e1", "0199-e2"];
const BLOCKS_PER_EPOCH = 60;
const NOTHING = {
  replacements: [],
  cursors: [],
  trims: [],
  settledGaps: [],
  emptyEpochs: [],
  elapsedMs: 0,
};

/** A generator of numbers from 0 to 1, the same for the same seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function blockOf(epoch: string, seq: number): BlockToStore {
  const random = chance(seq);
  const builder = new BlockBuilder();
  // Some rows fit into a page, most overflow.
  const count = 1 + Math.floor(random() * 600);
  for (let index = 0; index < count; index++) {
    const point = index % LIST.pointIds.length;
    const at = { pointId: LIST.pointIds[point] as string, timestampMs: 1e12 + seq * 1000 + index };
    const sample: Sample = { ...at, quality: "good", value: Math.round(random() * 1e9) / 7 };
    builder.add(sample, point);
  }
  const { packed: bytes, ...about } = builder.seal();
  const head = { kind: "data", stream: "main", epoch, seq, schemaHash: LIST.hash } as const;
  const bootId = "0123456789abcdef";
  const clock = { bootId, monotonicMs: seq * 1000, isSynced: seq > 9, step: 0 };
  return { ...head, ...about, bytes, media: null, clock };
}

let directory = "";
let path = "";
/** Hash of every block committed, by epoch and number. */
const committed = new Map<string, string>();

const openIn = (folder: string) => {
  return openStore({ directory: folder, ...NO_QUOTAS, machineId: "m", nowMs: 0, isFirst: true });
};

function commitOf(blocks: readonly BlockToStore[], epoch: string): Commit {
  const epochs = [{ stream: "main", epoch }] as const;
  return { ...NOTHING, epochs, pointLists: [LIST], blocks, gaps: [] };
}

/** Fills a buffer; half of it is still in the log when the files are copied. */
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "headgate-salvage-"));
  path = join(directory, "old.db");
  const opened = openIn(directory);
  for (const epoch of EPOCHS) {
    for (let first = 1; first <= BLOCKS_PER_EPOCH; first += 10) {
      const blocks = Array.from({ length: 10 }, (_, index) => blockOf(epoch, first + index));
      const { encoded } = opened.store.commit(commitOf(blocks, epoch));
      for (const [index, { hash }] of encoded.entries()) {
        committed.set(`${epoch}/${first + index}`, hash);
      }
    }
    if (epoch === EPOCHS[0]) {
      opened.close();
      Object.assign(opened, openIn(directory));
    }
  }
  for (const suffix of ["", "-wal"]) {
    copyFileSync(join(directory, `buffer.db${suffix}`), path + suffix);
  }
  opened.close();
});
afterEach(() => rmSync(directory, { recursive: true }));

function salvaged(): { blocks: SalvagedBlock[]; unproved: number } {
  const salvage = new Salvage(path, [LIST], () => {});
  try {
    return { blocks: [...salvage.blocks()], unproved: salvage.counts.unproved };
  } finally {
    salvage.close();
  }
}

/** Every page that each block's row lies on, and what these pages hold. */
function pagesByBlock(): Map<string, string> {
  const file = new PageFile(path);
  const pages = new Map<string, string>();
  for (let page = 1; page <= file.pageCount; page++) {
    for (const row of rowsOfPage(file, page)) {
      if (row.types.length < 12) continue;
      const contents = chainOf(file, row).map((one) => file.page(one)?.toString("latin1") ?? "");
      pages.set(`${row.rowId}`, contents.join());
    }
  }
  file.close();
  return pages;
}

function chainOf(file: PageFile, { page, at, payloadBytes }: RowPlace): number[] {
  const chain = [page];
  const most = file.usableBytes - 35;
  if (payloadBytes <= most) return chain;
  const least = Math.floor(((file.usableBytes - 12) * 32) / 255) - 23;
  const fitting = least + ((payloadBytes - least) % (file.usableBytes - 4));
  const local = fitting <= most ? fitting : least;
  let next = file.page(page)?.readUInt32BE(at + local) ?? 0;
  while (next !== 0 && chain.length < 1000) {
    chain.push(next);
    next = file.page(next)?.readUInt32BE(0) ?? 0;
  }
  return chain;
}

type Damage = (bytes: Buffer, random: () => number) => Buffer;

const DAMAGES: Readonly<Record<string, Damage>> = {
  "flipped bits": (bytes, random) => {
    for (let flip = 0; flip < 40; flip++) {
      const at = Math.floor(random() * bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(random() * 8));
    }
    return bytes;
  },
  "zeroed pages": (bytes, random) => {
    for (let page = 0; page < 12; page++) {
      const at = 1024 * Math.floor((random() * bytes.length) / 1024);
      bytes.subarray(at, at + 1024).fill(0);
    }
    return bytes;
  },
  "foreign bytes": (bytes, random) => {
    const at = Math.floor(random() * bytes.length);
    for (let index = at; index < Math.min(bytes.length, at + 6000); index++) {
      bytes[index] = Math.floor(random() * 256);
    }
    return bytes;
  },
  "a lost end": (bytes, random) => bytes.subarray(0, Math.floor(random() * bytes.length)),
  "no first page": (bytes) => bytes.fill(0, 0, 1024),
  "swapped pages": (bytes, random) => {
    for (let swap = 0; swap < 6; swap++) {
      const [one, other] = [random(), random()].map(
        (part) => 1024 * Math.floor((part * bytes.length) / 1024),
      ) as [number, number];
      const kept = Buffer.from(bytes.subarray(one, one + 1024));
      bytes.copy(bytes, one, other, other + 1024);
      kept.copy(bytes, other);
    }
    return bytes;
  },
};

describe("a salvage", () => {
  it("finds every block of a sound file, of its log too, with all that names it", () => {
    const { blocks, unproved } = salvaged();
    expect(unproved).toBe(0);
    expect(blocks.map(({ epoch, seq, hash }) => [`${epoch}/${seq}`, hash])).toEqual([...committed]);
    expect(blocks[3]?.clock).toEqual(blockOf("", 4).clock);
  });

  it.each(Object.entries(DAMAGES))("of a file with %s is right and leaves nothing", (_, damage) => {
    const before = pagesByBlock();
    const originals = ["", "-wal"].map((suffix) => readFileSync(path + suffix)) as [Buffer, Buffer];
    for (let seed = 1; seed <= 12; seed++) {
      const random = chance(seed);
      const [file, log] = originals.map((bytes) => Buffer.from(bytes)) as [Buffer, Buffer];
      writeFileSync(path, damage(file, random));
      writeFileSync(`${path}-wal`, seed % 2 === 0 ? damage(log, random) : log);
      const { blocks } = salvaged();
      for (const { epoch, seq, hash } of blocks) {
        expect([`${epoch}/${seq}`, hash]).toEqual([
          `${epoch}/${seq}`,
          committed.get(`${epoch}/${seq}`),
        ]);
      }
      const found = new Set(blocks.map(({ epoch, seq }) => `${EPOCHS.indexOf(epoch)}/${seq}`));
      const after = pagesByBlock();
      for (const [id, contents] of before) {
        if (after.get(id) !== contents) continue;
        const [no, seq] = [Math.floor(Number(id) / 2 ** 36), Number(id) % 2 ** 36];
        expect([seed, no, seq, found.has(`${no - 1}/${seq}`)]).toEqual([seed, no, seq, true]);
      }
    }
  });

  it("finds what thinning has kept, and gives it back", async () => {
    const thinner = new Thinner();
    for (let seq = 5; seq <= 9; seq++) {
      thinner.add({ seq, columns: decodeColumns(deflated(blockOf("", seq).bytes)) });
    }
    const content = thinner.seal();
    if (!content) throw new Error("nothing was thinned");
    const { clock } = blockOf("", 9);
    const about = { kind: "thinned", stream: "main", epoch: "0199-e3", ...content } as const;
    const entry: Thinned = { ...about, schemaHash: LIST.hash, ...(clock ? { clock } : {}) };
    const opened = openIn(directory);
    opened.store.putBack([{ ...entry, pointList: LIST }], []);
    opened.close();
    copyFileSync(join(directory, "buffer.db"), path);
    rmSync(`${path}-wal`);
    const salvage = new Salvage(path, [LIST], () => {});
    expect(salvage.thinned()).toMatchObject([{ first: 5, last: 9, hash: entry.hash, clock }]);
    const target = join(directory, "target");
    await putBackInto(target, salvage, 0);
    salvage.close();
    const { store, close } = openIn(target);
    const range = { stream: "main", epoch: "0199-e3", first: 1, last: 99 } as const;
    const { thinned } = store.read({ range, blocksMax: 99, bytesMax: 1e9 });
    expect(thinned).toMatchObject([{ first: 5, last: 9, hash: entry.hash, isSound: true, clock }]);
    close();
  });

  it("tells what is lost between thinned entries, and counts the unproved", async () => {
    const opened = openIn(directory);
    for (const first of [5, 12, 20]) {
      const thinner = new Thinner();
      for (let seq = first; seq <= first + 4; seq++) {
        thinner.add({ seq, columns: decodeColumns(deflated(blockOf("", seq).bytes)) });
      }
      const content = thinner.seal();
      if (!content) throw new Error("nothing was thinned");
      const about = { kind: "thinned", stream: "main", epoch: "0199-e3", ...content } as const;
      opened.store.putBack([{ ...about, schemaHash: LIST.hash, pointList: LIST }], []);
    }
    opened.close();
    const db = openSqlite(join(directory, "buffer.db"), 0);
    db.exec("update main_thinned set samples = samples + 1 where last = 16");
    db.close();
    copyFileSync(join(directory, "buffer.db"), path);
    rmSync(`${path}-wal`);
    const salvage = new Salvage(path, [LIST], () => {});
    const target = join(directory, "target");
    await putBackInto(target, salvage, 0);
    expect(salvage.counts.unproved).toBe(1);
    salvage.close();
    const { store, close } = openIn(target);
    const gaps = store.gaps().filter(({ epoch }) => epoch === "0199-e3");
    expect(gaps).toMatchObject([{ first: 10, last: 19, reason: "damaged" }]);
    close();
  });

  it("gives the blocks back under their own names, twice the same as once", async () => {
    const bytes = readFileSync(path);
    writeFileSync(path, DAMAGES["zeroed pages"]?.(bytes, chance(5)) ?? bytes);
    const { blocks } = salvaged();
    expect(blocks.length).toBeLessThan(committed.size);
    const target = join(directory, "target");
    for (const expected of [blocks.length, 0]) {
      const salvage = new Salvage(path, [LIST], () => {});
      const counts = await putBackInto(target, salvage, 0);
      salvage.close();
      expect(counts.blocks).toBe(expected);
    }
    const { store, close } = openIn(target);
    for (const epoch of EPOCHS) {
      const range = { stream: "main", epoch, first: 1, last: 999 } as const;
      const found = store.read({ range, blocksMax: 999, bytesMax: 1e9 }).blocks;
      const own = blocks.filter((block) => block.epoch === epoch);
      expect(found.map(({ seq, hash, isSound }) => [seq, hash, isSound])).toEqual(
        own.map(({ seq, hash }) => [seq, hash, true]),
      );
      const gone = store.gaps().filter((gap) => gap.epoch === epoch);
      const known = gone.reduce((sum, { first, last }) => sum + last - first + 1, own.length);
      expect(known).toBe(BLOCKS_PER_EPOCH - ((own[0]?.seq ?? 1) - 1));
    }
    expect(store.epochs().some(({ isCurrent }) => isCurrent)).toBe(false);
    close();
  });
});
