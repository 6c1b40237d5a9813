import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { replaceFile } from "./durable-file.ts";

/** What the disk was told to keep, in order. */
const synced: string[] = [];

// Everything is done as ever; it is only looked at.
vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  const open: typeof real.open = async (path, ...given) => {
    const file = await real.open(path, ...given);
    const sync = file.sync.bind(file);
    file.sync = async () => {
      synced.push(`${path}`);
      await sync();
    };
    return file;
  };
  return { ...real, open };
});

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "headgate-durable-"));
  synced.length = 0;
});
afterEach(async () => await rm(root, { recursive: true, force: true }));

test("a file in folders that were not there is found after a power cut, and they are", async () => {
  const path = join(root, "data", "secrets", "gate");
  await replaceFile(path, "grass\n");
  expect(await readFile(path, "utf8")).toBe("grass\n");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(root, "data", "secrets"))).mode & 0o777).toBe(0o700);
  expect(synced).toEqual([
    ...[root, join(root, "data")],
    ...[`${path}.new`, join(root, "data", "secrets")],
  ]);
  synced.length = 0;
  await replaceFile(path, "clover\n");
  expect(synced).toEqual([`${path}.new`, join(root, "data", "secrets")]);
});
