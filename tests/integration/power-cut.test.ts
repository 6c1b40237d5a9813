import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { RECEIVER } from "../faults/power-cut/receiver-subject.ts";
import { BUFFER, runPowerCut } from "../faults/power-cut/run-power-cut.ts";

// A quarter of a minute each, on a machine that has nothing else to do.
vi.setConfig({ testTimeout: 400_000 });

let parent = "";
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "headgate-power-"));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

const small = { imagesPerRecording: 40, turnsMax: 200, say: () => {} };

test("a power cut costs the buffer nothing that it promised, and no number twice", async () => {
  const options = { ...small, seed: 20_261, images: 120, subject: BUFFER, parent };
  expect((await runPowerCut(options)).violations).toEqual([]);
});

test("a power cut costs a receiver nothing that it acknowledged", async () => {
  const options = { ...small, seed: 20_262, images: 80, turnsMax: 60, subject: RECEIVER, parent };
  expect((await runPowerCut(options)).violations).toEqual([]);
});

test("a disk that does not keep what it says it has synced is found out", async () => {
  const options = { ...small, seed: 20_263, images: 30, parent };
  for (const subject of [BUFFER, RECEIVER]) {
    const { violations } = await runPowerCut({ ...options, subject, isDiskLying: true });
    expect(violations.join("\n")).toMatch(/is gone|does not open/);
  }
});
