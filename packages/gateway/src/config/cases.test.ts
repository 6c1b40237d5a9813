import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { catalogue } from "../catalogue.ts";
import { loadConfig } from "./load.ts";

// Each folder is one broken file and what must be said of it, with the house's own drivers.
const folder = fileURLToPath(new URL("./cases/", import.meta.url));
const names = (await readdir(folder)).toSorted();

interface Expected {
  readonly line: number;
  readonly path: string;
  readonly message: string;
  readonly hint: string;
}

async function problemsOf(name: string, lang: "en" | "zh") {
  const path = `${folder}${name}/gateway.yaml`;
  const { config, problems } = await loadConfig(path, catalogue, { variables: {}, lang });
  expect(config).toBeNull();
  return problems.filter(({ severity }) => severity === "error");
}

describe.each(names)("broken file %s", (name) => {
  it("is told every mistake with its line and a hint", async () => {
    const text = await readFile(`${folder}${name}/expected.json`, "utf8");
    const problems = await problemsOf(name, "en");
    const told = problems.map(({ line, path, message, hint }) => ({ line, path, message, hint }));
    // Parts of texts are enough: drivers choose their own words.
    const expected = (JSON.parse(text) as Expected[]).map((one) => ({
      ...one,
      message: expect.stringContaining(one.message),
      hint: expect.stringContaining(one.hint),
    }));
    expect(told).toEqual(expected);
    expect(told.every(({ line, hint }) => line > 0 && hint !== "")).toBe(true);
  });

  it("is told the same in Chinese", async () => {
    const [english, chinese] = await Promise.all([problemsOf(name, "en"), problemsOf(name, "zh")]);
    const places = (problems: typeof english) => problems.map(({ line, code }) => [line, code]);
    expect(places(chinese)).toEqual(places(english));
    for (const said of chinese.flatMap(({ message, hint }) => [message, hint])) {
      const unquoted = said.replaceAll(/"[^"]*"|“[^”]*”|`[^`]*`/g, "");
      expect(unquoted, said).toMatch(/\p{Script=Han}/u);
      expect(unquoted.replace("profile token", ""), said).not.toMatch(/[A-Za-z]{2,} [A-Za-z]{2,}/);
    }
  });
});

it("there are twenty broken files and more", () => {
  expect(names.length).toBeGreaterThanOrEqual(20);
});
