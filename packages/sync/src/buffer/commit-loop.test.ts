import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Context, type Seq, silentLog } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { watchClock } from "./clock-watch.ts";
import { CommitLoop } from "./commit-loop.ts";
import { Ledger } from "./ledger.ts";
import { type OpenedStore, openStore } from "./open-store.ts";
import { quotasOf } from "./options.ts";
import { StoreFault } from "./store-fault.ts";
import type { StoreLink } from "./store-link.ts";
import type { Commit, Committed, ReadStore } from "./store-messages.ts";

const CAPACITY = { capacityBytesMax: 2 ** 20, mediaCapacityBytesMax: 2 ** 20 };
const QUOTAS = quotasOf({
  ...CAPACITY,
  directory: "",
  commitIntervalMs: 0,
  uplinkIds: [],
  pointIds: [],
});

/** A store in this thread whose commits fail as told, and whose file may be another after that. */
class FaultyLink {
  readonly ledger = new Ledger(["cloud"]);
  readonly directory: string;
  faults: ("before" | "after" | "other" | "set aside")[] = [];
  reopenFaults = 0;
  readFaults = 0;
  store: OpenedStore;
  #fileCount = 0;

  constructor(directory: string) {
    this.directory = directory;
    this.store = this.#opened();
  }

  #opened(): OpenedStore {
    const directory = mkdtempSync(join(this.directory, `file-${this.#fileCount++}-`));
    return openStore({ directory, ...QUOTAS, machineId: "", nowMs: 0, isFirst: true });
  }

  async call(name: "commit" | "read", request: Commit | ReadStore): Promise<unknown> {
    if (name === "read") {
      if (this.readFaults-- > 0) throw new StoreFault("disk I/O error", "SQLITE_IOERR_READ");
      return this.store.store.read(request as ReadStore);
    }
    const fault = this.faults.shift();
    if (fault === undefined && this.reopenFaults > 0) throw new StoreFault("closed", "");
    if (fault === undefined) return this.store.store.commit(request as Commit);
    if (fault === "after") this.store.store.commit(request as Commit);
    if (fault === "other") this.store.store.commit(otherThan(request as Commit));
    if (fault === "set aside") {
      this.store.close();
      this.store = this.#opened();
    }
    throw new StoreFault("disk I/O error", "SQLITE_IOERR_FSYNC");
  }

  async reopen(): Promise<void> {
    if (--this.reopenFaults > 0) throw new StoreFault("fsync", "EIO");
    const { store } = this.store;
    this.ledger.loadCursors(store.cursors());
    this.ledger.update(store.epochs(), store.gaps());
  }

  apply(commit: Commit, committed: Committed): void {
    this.ledger.update(committed.epochs, committed.gaps);
    this.ledger.forgetEpochs(commit.emptyEpochs);
  }

  /** Number and samples of every block stored, by epoch. */
  get stored(): [string, number, number][] {
    return this.ledger.epochs.flatMap(({ stream, epoch, headSeq }) => {
      const range = { stream, epoch, first: 1, last: headSeq };
      const { blocks } = this.store.store.read({ range, blocksMax: 99, bytesMax: 1e9 });
      return blocks.map(({ seq, sampleCount }): [string, number, number] => [
        epoch,
        seq,
        sampleCount,
      ]);
    });
  }
}

/** The same numbers with other contents: what a file that went back in time may hold. */
function otherThan(commit: Commit): Commit {
  return {
    ...commit,
    blocks: commit.blocks.map((block) => ({ ...block, bytes: Uint8Array.of(1, 2, 3) })),
  };
}

let directory = "";
let link: FaultyLink;
let clock: SimClock;
let loop: CommitLoop;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "headgate-loop-"));
  link = new FaultyLink(directory);
  clock = new SimClock();
  const context: Context = {
    clock,
    log: silentLog,
    signal: new AbortController().signal,
    directory,
  };
  const options = { directory, ...CAPACITY, commitIntervalMs: 100, uplinkIds: [], pointIds: [] };
  const watch = watchClock(context.clock, "");
  const lent = { link: link as unknown as StoreLink, options, context, clock: watch };
  loop = new CommitLoop({ ...lent, seal: () => {} });
  loop.start();
  loop.beginEpoch({ stream: "main", epoch: "e1" });
  loop.beginEpoch({ stream: "media", epoch: "m1" });
  await settle();
});
afterEach(async () => {
  await loop.stop();
  link.store.close();
  rmSync(directory, { recursive: true });
});

async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await clock.advance(100);
}

function push(sampleCount: number, size = 50): Promise<Seq> {
  const times = { fromMs: 1, toMs: 1, schemaHash: "" };
  const about = { kind: "data", stream: "main", ...times, media: null } as const;
  const seq = loop.push(
    { ...about, sampleCount, bytes: new Uint8Array(size).fill(sampleCount) },
    null,
  );
  return loop.durable(loop.epochOf("main"), seq);
}

test("a commit that was stored although it failed is not stored again", async () => {
  link.faults = ["after"];
  const kept = push(7);
  await settle();
  await expect(kept).resolves.toBe(1);
  expect(link.stored).toEqual([["e1", 1, 7]]);
  expect(loop.committedCount).toBe(7);
});

test("a commit that failed is stored once, under its number", async () => {
  link.faults = ["before", "before"];
  const kept = [push(7), push(8)];
  await settle();
  await expect(Promise.all(kept)).resolves.toEqual([1, 2]);
  expect(link.stored).toEqual([
    ["e1", 1, 7],
    ["e1", 2, 8],
  ]);
});

test.each(["after", "before"] as const)(
  "what comes while the file cannot be opened follows a commit that failed %s it was stored",
  async (fault) => {
    link.faults = [fault];
    link.reopenFaults = 8;
    const first = push(7);
    await settle();
    const later = push(8);
    await settle();
    await settle();
    await expect(Promise.all([first, later])).resolves.toEqual([1, 2]);
    expect(link.reopenFaults).toBeLessThanOrEqual(0);
    expect(loop.epochOf("main")).toBe("e1");
    expect(link.stored).toEqual([
      ["e1", 1, 7],
      ["e1", 2, 8],
    ]);
    expect(loop.committedCount).toBe(15);
  },
);

test("what may be in the file is neither given up nor stored twice", async () => {
  link.faults = ["after"];
  link.reopenFaults = 8;
  const lost = { stream: "main", sampleCount: 5, fromMs: 1, toMs: 1 } as const;
  const first = push(7, 9 * 2 ** 20);
  loop.pushLost(lost);
  await settle();
  loop.pushLost(lost);
  const later = push(8, 9 * 2 ** 20);
  await settle();
  await settle();
  await expect(Promise.all([first, later])).resolves.toEqual([1, 4]);
  expect(loop.epochOf("main")).toBe("e1");
  expect(link.stored).toEqual([
    ["e1", 1, 7],
    ["e1", 4, 8],
  ]);
  expect(link.ledger.gaps).toMatchObject([{ epoch: "e1", first: 2, last: 3, sampleCount: 10 }]);
});

test("a file that cannot be read when it is opened anew is opened again", async () => {
  link.faults = ["after"];
  link.readFaults = 2;
  const kept = push(7);
  await settle();
  await expect(kept).resolves.toBe(1);
  expect(link.stored).toEqual([["e1", 1, 7]]);
  await Promise.all([push(8), settle()]);
  expect(link.stored).toHaveLength(2);
});

test("when the file ends otherwise than was said, a new epoch takes what waits", async () => {
  link.faults = ["other"];
  const kept = push(7);
  await settle();
  await kept;
  const epoch = link.ledger.current("main")?.epoch ?? "";
  expect(epoch).not.toBe("e1");
  expect(link.stored).toContainEqual([epoch, 2, 7]);
});

test("when the file is set aside, blocks and losses that wait go into the new one", async () => {
  link.faults = ["before", "set aside"];
  const lost = { stream: "main", sampleCount: 5, fromMs: 1, toMs: 1 } as const;
  const seqs = [loop.pushLost(lost), loop.pushLost(lost)];
  const settled = seqs.map((seq) => loop.durable("e1", seq));
  const kept = push(7);
  const replaced = loop.replace({
    range: { stream: "main", epoch: "e1", first: 1, last: 1 },
    reason: "quarantined",
    note: "",
  });
  await settle();
  await Promise.all([...settled, kept, replaced]);
  const epoch = link.ledger.current("main")?.epoch ?? "";
  expect(epoch).not.toBe("e1");
  expect(link.ledger.gaps).toMatchObject([{ epoch, sampleCount: 10, reason: "disk-full" }]);
  expect(link.stored.filter(([, , samples]) => samples === 7)).toHaveLength(1);
  expect(link.ledger.current("main")?.headSeq).toBe(3);
});

test("what was acknowledged stays so when the file is opened anew", async () => {
  await Promise.all([push(7), push(8), settle()]);
  const range = { stream: "main", epoch: "e1", first: 1, last: 1 } as const;
  link.ledger.acknowledge("local", [range]);
  await Promise.all([push(9), settle()]);
  link.ledger.acknowledge("local", [{ ...range, last: 2 }]);
  link.faults = ["before"];
  await Promise.all([push(10), settle()]);
  expect(link.ledger.cursorStatuses().get("local")).toEqual([{ ...range, last: 2 }]);
  expect(link.store.store.cursors()).toMatchObject([{ spans: [{ first: 1, last: 2 }] }]);
});
