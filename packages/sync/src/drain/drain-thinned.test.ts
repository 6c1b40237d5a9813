import {
  type BlockRange,
  type Context,
  type Entry,
  extentOf,
  type ReadLimits,
  Refused,
  silentLog,
} from "@headgate/model";
import { ReadyMadeBuffer, SimClock } from "@headgate/model/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeSession } from "../../testing/fake-session.ts";
import { drain } from "./drain.ts";

const CONTENT = { sampleCount: 1, fromMs: 0, toMs: 0, schemaHash: "", hash: "0".repeat(16) };

/** Blocks 3 to 6 of it are thinned, until that is set aside. */
class ThinnedBuffer extends ReadyMadeBuffer {
  #isAside = false;
  isWantedByOthers = false;

  override async read(range: BlockRange, limits: ReadLimits): Promise<Entry[]> {
    const read = await super.read(range, limits);
    const first = read.findIndex(isWithin);
    if (first < 0) return read;
    const { stream, epoch } = range;
    const head = { stream, epoch, first: 3, last: 6, ...CONTENT };
    const stead: Entry = this.#isAside
      ? { ...head, kind: "gap", reason: "quarantined" }
      : { ...head, kind: "thinned", keptCount: 2, body: new Uint8Array(9) };
    return [...read.slice(0, first), stead, ...read.slice(first).filter((one) => !isWithin(one))];
  }

  override async quarantine(range: BlockRange): Promise<boolean> {
    if (this.isWantedByOthers) return false;
    this.#isAside = true;
    return await super.quarantine(range);
  }
}

const isWithin = (entry: Entry) => extentOf(entry).first >= 3 && extentOf(entry).last <= 6;

let clock: SimClock;
let buffer: ThinnedBuffer;
let session: FakeSession;
let stopping: AbortController;
let running: Promise<void>;

beforeEach(() => {
  clock = new SimClock();
  buffer = new ThinnedBuffer();
  session = new FakeSession();
  stopping = new AbortController();
  for (let count = 0; count < 8; count++) {
    buffer.keep("main", { kind: "data", ...CONTENT, body: new Uint8Array(9) });
  }
});
afterEach(async () => {
  stopping.abort();
  await running;
});

async function start(): Promise<void> {
  const context: Context = { clock, log: silentLog, signal: stopping.signal, directory: "" };
  running = drain({ uplinkId: "cloud", buffer, session }, context, () => {});
  await settle();
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await clock.advance(0);
}

const sent = () =>
  session.batches.flatMap(({ lane, entries }) =>
    entries.map((entry) => `${lane} ${extentOf(entry).first}-${extentOf(entry).last}`),
  );

test("what was kept of blocks is sent and acknowledged under all its numbers", async () => {
  await start();
  expect(sent()).toEqual(["l 1-1", "l 2-2", "l 3-6", "l 7-7", "l 8-8"]);
  expect(buffer.acknowledged).toMatchObject([{ first: 1, last: 8 }]);
});

test("it is sent again whole for any of its numbers", async () => {
  session.confirmation = "sent";
  await start();
  session.batches.length = 0;
  const { epoch } = buffer.status().epochs.find(({ stream }) => stream === "main") ?? {};
  const range = { stream: "main", epoch: epoch ?? "", first: 5, last: 5 } as const;
  session.tell({ kind: "resend", range });
  await settle();
  expect(sent()).toEqual(["r 3-6"]);
});

test("if nobody takes it, it is set aside whole, and a gap is sent in its place", async () => {
  session.answer = async ({ entries }) => {
    if (entries.some(({ kind }) => kind === "thinned")) throw new Refused("too large");
  };
  await start();
  await settle();
  expect(buffer.quarantined).toMatchObject([{ first: 3, last: 6 }]);
  const gaps = session.batches.flatMap(({ entries }) => entries.filter(isGap));
  expect(gaps).toMatchObject([{ first: 3, last: 6, reason: "quarantined" }]);
});

test("if it is left to another uplink, the gap told here counts every sample of it", async () => {
  buffer.isWantedByOthers = true;
  session.answer = async ({ entries }) => {
    if (entries.some(({ kind }) => kind === "thinned")) throw new Refused("too large");
  };
  await start();
  await settle();
  const gaps = session.batches.flatMap(({ entries }) => entries.filter(isGap));
  expect(gaps).toMatchObject([{ first: 3, last: 6, sampleCount: 3, reason: "quarantined" }]);
  expect(buffer.acknowledged).toContainEqual(expect.objectContaining({ first: 3, last: 6 }));
});

const isGap = ({ kind }: Entry) => kind === "gap";
