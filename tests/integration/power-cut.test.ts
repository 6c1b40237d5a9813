import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { RECEIVER } from "../faults/power-cut/receiver-subject.ts";
import { Recording } from "../faults/power-cut/recording.ts";
import { BUFFER, judgeRecording, runPowerCut } from "../faults/power-cut/run-power-cut.ts";

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
  const options = { ...small, seed: 20_263, images: 30, parent, isDiskLying: true };
  for (const subject of [BUFFER, RECEIVER]) {
    const lines: string[] = [];
    const say = (line: string) => lines.push(line);
    const { violations } = await runPowerCut({ ...options, subject, say });
    expect(violations.join("\n")).toMatch(/is gone|does not open/);
    // What was recorded is kept, and a second look at it finds as much.
    const [, base = ""] = /^the recording is kept in (.*)$/m.exec(lines.join("\n")) ?? [];
    const { recording, about } = await Recording.find(base);
    const again = await judgeRecording(recording, about, subject);
    expect(again.violations).toHaveLength(violations.length);
  }
});
