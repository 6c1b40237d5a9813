import { readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { runCli } from "./cli.ts";
import { VERSION } from "./version.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

test("the version is that of the package", () => {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  expect(VERSION).toBe(JSON.parse(text).version);
});

test("headgate --version says it, and nothing else", async () => {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  expect(await runCli(["node", "headgate", "--version"])).toBe(0);
  expect(write.mock.calls.map(([text]) => text)).toEqual([`${VERSION}\n`]);
});
