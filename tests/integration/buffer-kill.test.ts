import { spawn } from "node:child_process";
import { mkdtemp, open as openFile, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Block,
  type Buffer,
  extentOf,
  type Stream,
  silentLog,
  systemClock,
} from "@headgate/model";
import { decodeMediaBody, decodeSamples } from "@headgate/sync/block";
import { openBuffer } from "@headgate/sync/buffer";
import { afterAll, beforeAll, expect, test } from "vitest";

const KILLS = 20;
const CHILD = fileURLToPath(new URL("./buffer-kill-child.ts", import.meta.url));
const { signal } = new AbortController();
let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "headgate-kill-"));
});
afterAll(() => rm(directory, { recursive: true }));

/**
 * Runs the child, kills it `afterMs` after it was ready, and returns its complete lines. It writes
 * into a file: a pipe would be full, and the child in trouble, when this process is slow to read.
 */
async function runAndKill(start: number, afterMs: number): Promise<string[]> {
  const flags = ["--conditions=headgate-source", "--disable-warning=ExperimentalWarning"];
  const path = join(directory, `said-${start}.txt`);
  const said = await openFile(path, "w");
  const child = spawn(process.execPath, [...flags, CHILD, directory, String(start)], {
    stdio: ["ignore", said.fd, "pipe", "ipc"],
  });
  let trouble = "";
  child.stderr?.on("data", (chunk) => {
    trouble += chunk;
  });
  child.once("message", () => setTimeout(() => child.kill("SIGKILL"), afterMs));
  const reason = await new Promise((resolve) => child.once("close", (_code, by) => resolve(by)));
  await said.close();
  if (reason !== "SIGKILL") throw new Error(`the child ended by itself: ${trouble}`);
  return (await readFile(path, "utf8")).split("\n").slice(0, -1);
}

function open(): Promise<Buffer> {
  const capacity = { capacityBytesMax: 2 ** 26, mediaCapacityBytesMax: 2 ** 26 };
  const options = { directory, ...capacity, commitIntervalMs: 10, uplinkIds: ["cloud"] };
  const context = { clock: systemClock, log: silentLog, signal, directory };
  return openBuffer({ ...options, pointIds: [] }, context);
}

async function blocksOf(buffer: Buffer, stream: Stream): Promise<Block[]> {
  const blocks: Block[] = [];
  for (const epoch of buffer.status().epochs.filter((one) => one.stream === stream)) {
    const range = { stream, epoch: epoch.epoch, last: epoch.headSeq };
    for (let next = 1; next <= epoch.headSeq; ) {
      const limits = { blocksMax: 500, bytesMax: 1e7 };
      const entries = await buffer.read({ ...range, first: next }, limits);
      for (const entry of entries) {
        expect(extentOf(entry).first).toBe(next);
        expect(entry.kind).not.toBe("gap");
        next = extentOf(entry).last + 1;
        blocks.push(entry as Block);
      }
      expect(entries.length).toBeGreaterThan(0);
    }
  }
  return blocks;
}

async function countersOf(buffer: Buffer): Promise<Map<number, number>> {
  const counters = new Map<number, number>();
  for (const { kind, seq, schemaHash, body } of await blocksOf(buffer, "main")) {
    if (kind !== "data") continue;
    const list = await buffer.pointList(schemaHash);
    for (const { pointId, value } of decodeSamples(body, list?.pointIds ?? [])) {
      const counter = Number(value);
      expect(pointId).toBe(`counter/${counter % 5}`);
      expect(counters.has(counter)).toBe(false);
      counters.set(counter, seq);
    }
  }
  return counters;
}

test(`nothing that append promised is missing after ${KILLS} kills`, async () => {
  const promised = new Map<number, number>();
  const pictures = new Map<number, number>();
  let start = 0;
  for (let round = 0; round < KILLS; round++) {
    for (const line of await runAndKill(start, 20 + Math.random() * 250)) {
      const [kind, counter, seq] = line.split(" ");
      const kept = kind === "picture" ? pictures : promised;
      kept.set(Number(counter), Number(seq));
    }
    start = Math.max(start, ...promised.keys()) + 10_000;
  }
  const buffer = await open();
  try {
    expect(buffer.status().epochs).toHaveLength(2);
    const stored = await countersOf(buffer);
    expect(promised.size).toBeGreaterThan(KILLS);
    for (const [counter, seq] of promised) expect(stored.get(counter)).toBe(seq);
    const media = await blocksOf(buffer, "media");
    for (const [counter, seq] of pictures) {
      const block = media.find((one) => one.seq === seq);
      const record = decodeMediaBody(block?.body ?? new Uint8Array());
      expect(new TextDecoder().decode(record.bytes)).toBe(`picture ${counter}`);
    }
  } finally {
    await buffer.close();
  }
});
