import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Buffer, type Context, silentLog, systemClock } from "@headgate/model";
import { type BufferRig, bufferContract } from "@headgate/model/testing";
import { describe, test } from "vitest";
import { decodeSamples } from "../block/decode.ts";
import { createMemoryBuffer } from "./memory-buffer.ts";
import { openBuffer } from "./open-buffer.ts";

const MEBIBYTE = 1024 * 1024;
const shared = { uplinkId: "cloud", decode: decodeSamples };

async function memoryRig(): Promise<BufferRig> {
  const buffer = createMemoryBuffer({
    clock: systemClock,
    uplinkIds: ["cloud"],
    capacityBytesMax: MEBIBYTE,
  });
  return { ...shared, buffer, untilTrimmed: async () => {}, tearDown: () => buffer.close() };
}

async function sqliteRig(): Promise<BufferRig> {
  const directory = await mkdtemp(join(tmpdir(), "headgate-buffer-"));
  const { signal } = new AbortController();
  const context: Context = { clock: systemClock, log: silentLog, signal, directory };
  const capacity = { capacityBytesMax: MEBIBYTE, mediaCapacityBytesMax: MEBIBYTE };
  const points = { uplinkIds: ["cloud"], pointIds: ["device/a"] };
  const options = { directory, ...capacity, ...points, commitIntervalMs: 20 };
  const first = await openBuffer(options, context);
  let latest: Buffer = first;
  return {
    ...shared,
    buffer: first,
    async reopen() {
      await latest.close();
      latest = await openBuffer(options, context);
      return latest;
    },
    untilTrimmed: () => systemClock.sleep(1300, signal),
    async tearDown() {
      await latest.close();
      await rm(directory, { recursive: true });
    },
  };
}

describe("memory buffer", () => bufferContract(test, memoryRig));
describe("sqlite buffer", () => bufferContract(test, sqliteRig));
