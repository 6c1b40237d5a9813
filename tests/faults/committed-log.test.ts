import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readCommits } from "./committed-log.ts";

it("finds the commits of a log, and passes over a line that a kill cut off", async () => {
  const folder = await mkdtemp(join(tmpdir(), "headgate-log-"));
  const path = join(folder, "log");
  const commit = { stream: "main", epoch: "e1", first: 2, last: 4, samples: 300 };
  const line = JSON.stringify({ level: 20, time: 1, ...commit, msg: "committed" });
  const other = '{"level":30,"msg":"buffer opened"}';
  await writeFile(path, `${other}\n${line}\n${line.slice(0, -1)}`);
  expect(await readCommits(path)).toEqual([commit]);
  await rm(folder, { recursive: true });
});
