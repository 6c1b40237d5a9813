import { describe, expect, it } from "vitest";
import { loadText } from "./load.ts";
import { readSource } from "./source.ts";

const environment = {
  directory: "/nowhere",
  variables: {},
  profileFolders: [],
  lang: "en",
} as const;
const load = (text: string) => loadText(text, { drivers: {}, uplinks: {} }, environment);

describe("a text that is no configuration", () => {
  it.each([
    ["an alias without an anchor", "a: *b\n"],
    ["an alias of what it is in", "a: &a\n  b: *a\n"],
    ["aliases that multiply", `a: &a [1]\nb: &b [${"*a,".repeat(200)}]\nc: [${"*b,".repeat(200)}]`],
    ["more aliases than anybody writes", `a: &a 1\nb: [${"*a,".repeat(2000)}]`],
    ["a merge of what is no map", "<<: 5\n"],
    ["a mistake behind an empty first line", "\n   a: : {\n"],
    ["a mistake behind a key that cannot be named", "? [ { <<: 5 } ]\n: [ 1, }\n"],
  ])("is told so: %s", async (_what, text) => {
    expect(readSource(text)).toMatchObject({ isReadable: false, value: null });
    const { config, problems } = await load(text);
    expect(config).toBe(null);
    expect(problems[0]).toMatchObject({ code: "yaml-syntax", severity: "error" });
  });

  it("is told its most important mistakes, and how many more there are", async () => {
    const channels = Array.from({ length: 700 }, (_, index) => `  c${index}: 5`).join("\n");
    const { config, problems } = await load(`channels:\n${channels}\n`);
    expect(config).toBe(null);
    expect(problems.filter(({ severity }) => severity === "error")).toHaveLength(500);
    expect(problems.find(({ code }) => code === "and-more")?.message).toMatch(/^\d+ more mistakes/);
  });
});

it("lets the library say nothing of a text past the log", async () => {
  const said: string[] = [];
  const hear = ({ message }: Error) => void said.push(message);
  process.on("warning", hear);
  readSource("a:\n  ? { password: hunter2 }\n  : 1\n");
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", hear);
  expect(said).toEqual([]);
});

it("reads many keys of one map in a time that grows no faster than they do", () => {
  const count = 100_000;
  const text = Array.from({ length: count }, (_, index) => `k${index}: ${index}\n`).join("");
  const { value, problems } = readSource(`${text}k7: again\n`);
  expect(Object.keys(value as object)).toHaveLength(count);
  expect(problems.map(({ finding: { code, path } }) => [code, path])).toEqual([
    ["duplicate-key", ["k7"]],
  ]);
});

it.each([
  ["a list", 'channels: { gate: [{ password: "4711-grass" }] }'],
  ["a text", 'channels: { gate: "mqtt://me:4711-grass@broker" }'],
  ["a map", "gateway: { id: { password: 4711-grass } }"],
  ["a number", "uplinks: { cloud: { password: 4711 } }"],
])("tells no secret where %s stands in the wrong place", async (_what, text) => {
  const { config, problems } = await load(text);
  expect(config).toBeNull();
  expect(problems.length).toBeGreaterThan(0);
  expect(JSON.stringify(problems)).not.toContain("4711");
});

it("names the file of a key that is not there", async () => {
  const { problems } = await load("uplinks: { cloud: { type: mqtt, key: /no/such.pem } }");
  expect(problems.find(({ code }) => code === "missing-file")?.message).toContain("/no/such.pem");
});
