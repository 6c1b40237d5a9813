import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { Refused, type Sample, silentLog, systemClock } from "@headgate/model";
import { checkBuffer, openBuffer } from "@headgate/sync/buffer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exportSamples } from "./export.ts";
import { writeLines } from "./line-writer.ts";

const signal = new AbortController().signal;
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "headgate-export-"));
});
afterEach(() => rm(directory, { recursive: true }));

async function fill(samples: Sample[], stream: "main" | "history" = "main"): Promise<void> {
  const buffer = await openBuffer(
    {
      directory,
      capacityBytesMax: 1 << 20,
      mediaCapacityBytesMax: 1 << 20,
      commitIntervalMs: 20,
      uplinkIds: [],
      pointIds: ["m/a"],
    },
    { clock: systemClock, log: silentLog, signal, directory },
  );
  await buffer.append(samples, stream);
  await buffer.close();
}

async function exported(format: "csv" | "ndjson", pointId?: string): Promise<string[]> {
  const out = new PassThrough();
  const all = text(out);
  await exportSamples({ directory, format, pointId }, { out, signal });
  out.end();
  return (await all).trimEnd().split("\n");
}

describe("export", () => {
  it("writes every sample, 64-bit values exact and bad ones with a reason", async () => {
    await fill([
      { pointId: "m/a", timestampMs: 1000, quality: "good", value: 18_446_744_073_709_551_615n },
      { pointId: "m/b", timestampMs: 1001, quality: "bad", value: null, reason: "timeout" },
    ]);
    const [first, second] = (await exported("ndjson")).map((line) => JSON.parse(line) as object);
    expect(first).toMatchObject({ point: "m/a", t: 1000, value: "18446744073709551615", index: 0 });
    expect(second).toMatchObject({ point: "m/b", value: null, quality: "bad", reason: "timeout" });
    expect(await exported("ndjson", "m/b")).toHaveLength(1);
  });

  it("says of what a device remembered that it is backfilled", async () => {
    await fill([{ pointId: "m/a", timestampMs: 1000, quality: "good", value: 1 }], "history");
    expect(JSON.parse((await exported("ndjson"))[0] ?? "")).toMatchObject({ backfilled: true });
    await rm(directory, { recursive: true });
    await mkdir(directory);
    await fill([{ pointId: "m/a", timestampMs: 1000, quality: "good", value: 1 }]);
    expect((await exported("ndjson"))[0]).not.toContain("backfilled");
  });

  it("tells how many there were, so that none is no silent end", async () => {
    await fill([{ pointId: "m/a", timestampMs: 5, quality: "good", value: 1 }]);
    const sink = { out: new PassThrough().resume(), signal };
    const choice = { directory, format: "csv" } as const;
    expect(await exportSamples({ ...choice, pointId: "m/a" }, sink)).toBe(1);
    expect(await exportSamples({ ...choice, pointId: "m/nop" }, sink)).toBe(0);
  });

  it("quotes what CSV would misread", async () => {
    await fill([{ pointId: "m/a", timestampMs: 5, quality: "uncertain", value: 'say "1,5"' }]);
    const [head, line] = await exported("csv");
    expect(head).toBe("point,t,value,quality,reason,epoch,block,index");
    expect(line).toMatch(/^m\/a,5,"say ""1,5""",uncertain,,/);
  });

  it("says what keeps it from reading, and where to turn with a damaged file", async () => {
    const path = join(directory, "buffer.db");
    await symlink(path, path);
    const told = `export buffer "${path}": ELOOP; check that this user may read the file`;
    await expect(exported("csv")).rejects.toThrow(told);
    expect(() => checkBuffer(path, () => {})).toThrow(/^check buffer ".*": ELOOP; check that/);
    await rm(path);

    await fill([{ pointId: "m/a", timestampMs: 5, quality: "good", value: 1 }]);
    const db = await readFile(path);
    db.subarray(db.length / 2).fill(0x5a);
    await writeFile(path, db);
    const fault = await exported("csv").catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(Refused);
    expect(String(fault)).toContain(`\`headgate buffer salvage ${path}\` finds`);
  });

  it("says where it looked when there is no buffer", async () => {
    await expect(exported("csv")).rejects.toThrow(`export buffer "${directory}/buffer.db"`);
  });
});

describe("a line writer", () => {
  it("waits for a slow reader", async () => {
    let taken = 0;
    let mostWaiting = 0;
    const out = new Writable({
      highWaterMark: 1024,
      write(chunk, _encoding, done) {
        taken += chunk.length;
        setTimeout(done, 1);
      },
    });
    function* lines() {
      for (let count = 0; count < 5000; count++) {
        mostWaiting = Math.max(mostWaiting, out.writableLength);
        yield "x".repeat(100);
      }
    }
    await writeLines(lines(), { out, signal });
    await new Promise<void>((resolve) => out.end(resolve));
    expect(taken).toBe(5000 * 101);
    expect(mostWaiting).toBeLessThan(150_000);
  });

  it("stops when the reader is gone", async () => {
    const out = new Writable({ write: (_chunk, _encoding, done) => done(new Error("EPIPE")) });
    let count = 0;
    function* lines() {
      for (;;) yield `${count++} ${"x".repeat(1000)}`;
    }
    await writeLines(lines(), { out, signal });
    expect(count).toBeLessThan(10_000);
  });
});
