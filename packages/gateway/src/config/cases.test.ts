import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { builtinDrivers } from "@headgate/drivers";
import type { Uplink } from "@headgate/model";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { loadConfig } from "./load.ts";

// Each folder is one broken file and what must be said about it, by the drivers of the house.
const folder = fileURLToPath(new URL("./cases/", import.meta.url));
const names = (await readdir(folder)).toSorted();

const mqttLike: Uplink = {
  type: "mqtt",
  configSchema: z.strictObject({
    url: z.string().regex(/^mqtts?:/),
    format: z.enum(["blocks", "blocks-json", "json"]).default("json"),
    password: z.string().optional(),
  }),
  open: () => Promise.reject(new Error("no test opens it")),
};
const catalogue = { drivers: builtinDrivers, uplinks: { mqtt: async () => mqttLike } };

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
    for (const { code, message, hint } of chinese) {
      const isOwnText = code === "invalid" || /\p{Script=Han}/u.test(message + hint);
      expect(isOwnText, message).toBe(true);
    }
  });
});

it("there are twenty broken files and more", () => {
  expect(names.length).toBeGreaterThanOrEqual(20);
});
