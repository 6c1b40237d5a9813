import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { wipeFolder } from "./wipe-folder.ts";

/** What the disk had of each file when it was cut to nothing. */
const left: Buffer[] = [];

// Everything is done as ever; it is only looked at.
vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  const open: typeof real.open = async (path, ...given) => {
    const file = await real.open(path, ...given);
    const truncate = file.truncate.bind(file);
    file.truncate = async (length) => {
      left.push(await readFile(path as string));
      await truncate(length);
    };
    return file;
  };
  return { ...real, open };
});

test("every byte of a file is written over before it goes, of a long one too", async () => {
  const folder = await mkdtemp(join(tmpdir(), "headgate-over-"));
  try {
    mkdirSync(join(folder, "secrets"));
    const sizes = [9, 1024 * 1024, 2 * 1024 * 1024 + 77];
    for (const size of sizes) {
      writeFileSync(join(folder, "secrets", `${size}`), Buffer.alloc(size, "grass"));
    }
    writeFileSync(join(folder, "secrets", "empty"), "");
    await wipeFolder(folder);
    expect(left.map(({ length }) => length).toSorted((a, b) => a - b)).toEqual([0, ...sizes]);
    for (const bytes of left) {
      expect(bytes.includes("grass")).toBe(false);
      expect(bytes.subarray(-5).toString()).not.toContain("ass");
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
