import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { en } from "./en.ts";
import { zh } from "./zh.ts";

const keys = Object.keys(en) as (keyof typeof en)[];
const root = join(import.meta.dirname, "..");
const OWN = /[/\\](en|zh)(-\w+)?\.ts$|\.test\.ts$/;

/** Everything that may say a text. */
const source = readdirSync(root, { recursive: true, encoding: "utf8" })
  .map((path) => join(root, path))
  .filter((path) => /\.(ts|svelte)$/.test(path) && !OWN.test(path))
  .map((path) => readFileSync(path, "utf8"))
  .join("\n");

test("both languages have the same texts", () => {
  expect(Object.keys(zh)).toEqual(keys);
  for (const text of [...Object.values(en), ...Object.values(zh)]) expect(text.trim()).toBe(text);
});

test("texts have the same places to fill in both languages", () => {
  const places = (text: string) => [...text.matchAll(/{(\w+)}/g)].map(([, name]) => name).sort();
  const placesOf = (texts: typeof en) => keys.map((key) => [key, ...places(texts[key])]);
  expect(placesOf(zh)).toEqual(placesOf(en));
});

test("every text is said somewhere", () => {
  // `mark.${mark}` and `${key}.todo` say all that begin or end so.
  const begins = [...source.matchAll(/`([\w.]+\.)\${/g)].map(([, prefix]) => prefix ?? "");
  const ends = [...source.matchAll(/\${\w+}(\.\w+)`/g)].map(([, suffix]) => suffix ?? "");
  const isSaid = (key: string) =>
    source.includes(`"${key}"`) ||
    begins.some((prefix) => key.startsWith(prefix)) ||
    ends.some((suffix) => key.endsWith(suffix));
  expect(keys.filter((key) => !isSaid(key))).toEqual([]);
});

test("every text that is said is there", () => {
  const said = [...source.matchAll(/\bsay\("([\w. -]+)"/g)].map(([, key]) => key ?? "");
  expect(said.length).toBeGreaterThan(80);
  expect(said.filter((key) => !(key in en))).toEqual([]);
});

test("Chinese texts are Chinese", () => {
  const isWord = /[\u4e00-\u9fff]/;
  const plain = keys.filter((key) => !isWord.test(zh[key]));
  expect(plain).toEqual(["rung.linkIs", "points.shown"]);
  expect(Object.values(en).filter((text) => isWord.test(text))).toEqual([]);
});
