import { type ChildProcess, execFile, spawn } from "node:child_process";
import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Block, Entry, Observed, Sample, Value } from "@headgate/model";
import {
  BlockBuilder,
  decodeColumns,
  deflated,
  hashOf,
  pointListOf,
  thinBlocks,
} from "@headgate/sync/block";
import { exportRecord } from "@headgate/sync/receiver";
import { afterEach, beforeEach, expect, it } from "vitest";
import { MadeGateway } from "./peers/made-gateway.ts";
import { WholeLine } from "./peers/whole-line.ts";

const DECODER = fileURLToPath(
  new URL("../../examples/decode-in-python/decode.py", import.meta.url),
);
const AT = 1_767_225_600_000;
const ROUNDS = 300;

/** A value of each kind and size that a block or JSON treats in a way of its own. */
const VALUES: Readonly<Record<string, (round: number) => Value>> = {
  "tank/temperature": (round) => Math.round(40 + 300 * Math.sin(round)) / 10,
  "tank/float32": (round) => Math.fround(230.1 + round / 7),
  "tank/float64": (round) => Math.sin(round) * 10 ** ((round % 60) - 30),
  "tank/odd": (round) => [Number.NaN, 1 / 0, -1 / 0, -0, 5e-324, 1e21, 1e-7][round % 7] as number,
  "meter/energy": (round) => 9_007_199_254_740_000n + BigInt(round) * 10n,
  "meter/wide": (round) => 2n ** 64n - BigInt(round),
  "meter/small": (round) => -3n * BigInt(round),
  "parlour/阀门": (round) => round % 3 === 0,
  "parlour/product": (round) => ["牛奶", 'a "quoted" text', "\n", ""][round % 4] as string,
  "parlour/mixed": (round) => [1.5, 7n, "x", true][round % 4] as Value,
};

function samplesOf(round: number): Sample[] {
  const timestampMs = AT + round * 1000 - (round % 5);
  return Object.entries(VALUES).map(([pointId, made], index) => {
    if ((round + index) % 11 === 0) {
      return { pointId, timestampMs, quality: "bad", value: null, reason: `timeout ${round % 2}` };
    }
    const quality: Observed["quality"] = (round + index) % 13 === 0 ? "uncertain" : "good";
    return { pointId, timestampMs, quality, value: made(round) };
  });
}

const run = promisify(execFile);
let line: WholeLine;
let captured: string;
let capture: ChildProcess;

/** Arguments of mosquitto's own clients for a session that the broker keeps. */
function sessionOf(port: number): string[] {
  return ["-p", String(port), "-i", "capture", "-c", "-q", "1", "-t", "headgate/1/#"];
}

beforeEach(async () => {
  line = await WholeLine.start(Object.keys(VALUES));
  captured = join(line.folder, "capture.txt");
  const session = sessionOf(line.broker.port);
  await run("mosquitto_sub", [...session, "-E"]);
  const file = await open(captured, "w");
  capture = spawn("stdbuf", ["-oL", "mosquitto_sub", ...session, "-F", "%t %x"], {
    stdio: ["ignore", file.fd, "inherit"],
  });
  await file.close();
});
afterEach(async () => {
  capture.kill("SIGKILL");
  await line.end();
});

/** Resolves once everything published so far is in the file: what comes last is there. */
async function untilCaptured(): Promise<void> {
  const topic = "headgate/1/end-of-capture";
  await run("mosquitto_pub", ["-p", String(line.broker.port), "-q", "1", "-t", topic, "-m", "."]);
  await expect
    .poll(() => readFile(captured, "utf8"), { timeout: 60_000 })
    .toContain(`${topic} 2e\n`);
}

/** What the decoder says of a capture that began after the point list was sent. */
async function saidWithoutList(): Promise<string> {
  const late = `${captured}.late`;
  const lines = (await readFile(captured, "utf8")).split("\n");
  await writeFile(late, lines.filter((text) => !/\/m\/main /.test(text)).join("\n"));
  const failed = run("python3", [DECODER, late]).catch((error: unknown) => error);
  return ((await failed) as { stderr: string }).stderr;
}

/** What the decoder prints, and what the receiver's export does. */
async function bothPrints(): Promise<{ decoded: string[]; exported: string[] }> {
  await untilCaptured();
  const { stdout, stderr } = await run("python3", [DECODER, captured]);
  expect(stderr).toBe("");
  const exported = [...exportRecord(line.storePath, {})].map((row) => JSON.stringify(row));
  return { decoded: stdout.trimEnd().split("\n"), exported };
}

const LIST = pointListOf(Object.keys(VALUES));
const BOOT = "0123456789abcdef";

/** Ten seconds of all points as block `seq`, dated by a clock that was not known to be right. */
function unsyncedBlock(seq: number, step: number): Block {
  const builder = new BlockBuilder();
  for (let round = seq * 10; round < seq * 10 + 10; round++) {
    for (const sample of samplesOf(round)) {
      builder.add(sample, LIST.pointIds.indexOf(sample.pointId));
    }
  }
  const { packed, sampleCount, fromMs, toMs } = builder.seal();
  const body = deflated(packed);
  const clock = { bootId: BOOT, monotonicMs: seq * 10_000, isSynced: false, step };
  const head = { kind: "data", stream: "main", epoch: "e-1", seq, sampleCount } as const;
  return { ...head, fromMs, toMs, schemaHash: LIST.hash, hash: hashOf(body), body, clock };
}

function clockBlock(seq: number, step: number, sync: boolean): Block {
  const told = { boot: BOOT, step, offsetMs: 3_600_000, sync, reason: "set", atMs: AT };
  const body = new TextEncoder().encode(JSON.stringify(told));
  const head = { kind: "clock", stream: "main", epoch: "e-1", seq, sampleCount: 0 } as const;
  return { ...head, fromMs: AT, toMs: AT, schemaHash: "", hash: hashOf(body), body };
}

/** Blocks 3 to 8 as one thinned entry. */
function thinnedEntry(): Entry {
  const blocks = [3, 4, 5, 6, 7, 8].map((seq) => unsyncedBlock(seq, 0));
  const columns = blocks.map(({ seq, body }) => ({ seq, columns: decodeColumns(body) }));
  const content = thinBlocks(columns);
  const [{ clock } = {}] = blocks.slice(-1);
  if (!content || !clock) throw new Error("nothing to thin");
  const head = { kind: "thinned", stream: "main", epoch: "e-1", schemaHash: LIST.hash } as const;
  return { ...head, ...content, clock };
}

it.each(["blocks", "blocks-json"] as const)(
  "a decoder in Python dates %s anew and reads what thinned ones kept, as the export does",
  async (format) => {
    line.startReceiver();
    await line.receiverSubscribed;
    const gateway = await MadeGateway.connect(line.broker.url, "g-1", LIST);
    try {
      await gateway.sendList();
      const first = [unsyncedBlock(1, 0), clockBlock(2, 1, false), thinnedEntry()];
      await gateway.send(first, format);
      // Late, and for a number that is thinned already: it replaces what was kept of it.
      await gateway.send([unsyncedBlock(5, 0)], format);
      await gateway.send([unsyncedBlock(9, 1), clockBlock(10, 2, true)], format);
      await expect.poll(() => gateway.ack?.streams[0]?.w, { timeout: 60_000 }).toBe(10);
    } finally {
      gateway.close();
    }
    await line.stopParts();
    const { decoded, exported } = await bothPrints();
    expect(exported.length).toBeGreaterThan(300);
    if (format === "blocks") {
      const said = await saidWithoutList();
      const wish = `{"v":1,"id":"q","op":"points","hash":"${LIST.hash}"}`;
      expect(said).toContain(`-t 'headgate/1/g-1/req/probe' -m '${wish}'`);
      expect(said).not.toContain("KeyError");
    }
    expect(exported.filter((text) => text.includes('"clock":"corrected"'))).toEqual(exported);
    expect(decoded).toEqual(exported);
  },
);

it.each(["blocks", "blocks-json"])(
  "a decoder in Python reads a captured backlog of %s as the export prints it",
  async (format) => {
    for (let round = 0; round < ROUNDS; round++) {
      const durable = line.buffer.append(samplesOf(round));
      if (round % 10 === 0) await durable;
    }
    await line.buffer.append(samplesOf(ROUNDS));
    line.startUplink(format);
    line.startReceiver();
    await line.untilDelivered();
    await line.stopParts();
    const { decoded, exported } = await bothPrints();
    expect(exported.length).toBe((ROUNDS + 1) * Object.keys(VALUES).length);
    expect(decoded).toEqual(exported);
  },
);
