import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Buffer, type Context, silentLog, systemClock } from "@headgate/model";
import { type BufferRig, bufferContract } from "@headgate/model/testing";
import { describe, test } from "vitest";
import { decodeSamples } from "../block/decode.ts";
import { InProcessStore } from "./in-process-store.ts";
import { createMemoryBuffer } from "./memory-buffer.ts";
import { openBuffer, openBufferOn } from "./open-buffer.ts";
import { openMemoryStore } from "./open-store.ts";
import type { BufferOptions } from "./options.ts";
import { openSqlite } from "./sqlite.ts";

const MEBIBYTE = 1024 * 1024;
const CAPACITY = { capacityBytesMax: MEBIBYTE, mediaCapacityBytesMax: MEBIBYTE };
const POINTS = { uplinkIds: ["cloud"], pointIds: ["device/a"] };
const shared = { uplinkId: "cloud", decode: decodeSamples };

async function memoryRig(): Promise<BufferRig> {
  const buffer = createMemoryBuffer({
    clock: systemClock,
    uplinkIds: ["cloud"],
    capacityBytesMax: MEBIBYTE,
  });
  return { ...shared, buffer, untilTrimmed: async () => {}, tearDown: () => buffer.close() };
}

/** Opens and opens again what `open` does. */
async function durableRig(
  open: (options: BufferOptions, context: Context) => Promise<Buffer>,
): Promise<BufferRig> {
  const directory = await mkdtemp(join(tmpdir(), "headgate-buffer-"));
  const { signal } = new AbortController();
  const context: Context = { clock: systemClock, log: silentLog, signal, directory };
  const options = { directory, ...CAPACITY, ...POINTS, commitIntervalMs: 5 };
  const first = await open(options, context);
  let latest = first;
  return {
    ...shared,
    buffer: first,
    async reopen() {
      await latest.close();
      latest = await open(options, context);
      return latest;
    },
    untilTrimmed: () => systemClock.sleep(1300, signal),
    async tearDown() {
      await latest.close();
      await rm(directory, { recursive: true });
    },
  };
}

function inProcessRig(): Promise<BufferRig> {
  const db = openSqlite(":memory:", 0);
  const startStore = () => new InProcessStore((request) => openMemoryStore(db, request));
  return durableRig((options, context) => openBufferOn(startStore, options, context));
}

describe("memory buffer", () => bufferContract(test, memoryRig));
describe("sqlite buffer", () => bufferContract(test, () => durableRig(openBuffer)));
describe("sqlite buffer in this thread", () => bufferContract(test, inProcessRig));
