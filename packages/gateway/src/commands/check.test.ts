import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { simulatedDriver } from "@headgate/drivers/simulated";
import type { Driver } from "@headgate/model";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runCheck } from "./check.ts";

const catalogue = { drivers: { simulated: async () => simulatedDriver as Driver }, uplinks: {} };

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-check-"));
  path = join(folder, "gateway.yaml");
});
afterEach(() => rm(folder, { recursive: true }));

async function check(text: string, options: { lang?: string; json?: boolean } = {}) {
  await writeFile(path, text);
  let output = "";
  const out = { write: (part: string) => (output += part) };
  const exitCode = await runCheck({ path, lang: "en", ...options }, catalogue, out);
  return { exitCode, output: output.replaceAll(path, "gateway.yaml") };
}

const good = [
  "gateway: { id: g }",
  "channels: { waves: { driver: simulated } }",
  "devices: { d: { channel: waves, scan: 100 ms, points: { p: {}, q: { every: 10 s } } } }",
].join("\n");

it("a good file ends with 0, a summary and what is strange", async () => {
  const { exitCode, output } = await check(good);
  expect(exitCode).toBe(0);
  expect(output).toContain("warning: there is no uplink");
  expect(output).toContain("1 channel, 1 device, 2 points, 10.1 samples/s, 0 uplinks");
});

it("a mistake ends with 2, and is shown in its line, under wide characters too", async () => {
  const { exitCode, output } = await check(
    good.replace("id: g", "id: g, name: 牧场, timezon: UTC"),
  );
  expect(exitCode).toBe(2);
  expect(output).toContain(
    [
      'gateway.yaml:1:29 gateway.timezon: unknown key "timezon"',
      "  1 | gateway: { id: g, name: 牧场, timezon: UTC }",
      "    |                               ^^^^^^^",
      "  → did you mean `timezone`?",
    ].join("\n"),
  );
  expect(output).toMatch(/\n1 mistake to correct\n$/);
});

it("programs get JSON", async () => {
  const bad = JSON.parse((await check("gateway: { id: g, x: 1 }", { json: true })).output);
  expect(bad).toMatchObject({ isGood: false, summary: null });
  expect(bad.problems[1]).toMatchObject({ line: 1, column: 19, code: "unknown-key" });
  const fine = JSON.parse((await check(good, { json: true })).output);
  expect(fine).toMatchObject({ isGood: true, summary: { points: 2, samplesPerSecond: 10.1 } });
});

it("Chinese readers get Chinese", async () => {
  const { output } = await check("gateway: { id: g, x: 1 }", { lang: "zh" });
  expect(output).toContain("未知的键“x”");
  expect(output).toContain("共 1 处错误");
});

it("a file that is not there ends with 2", async () => {
  let output = "";
  const out = { write: (part: string) => (output += part) };
  const missing = join(folder, "none.yaml");
  expect(await runCheck({ path: missing, lang: "en" }, catalogue, out)).toBe(2);
  expect(output).toContain("none.yaml cannot be read");
});
