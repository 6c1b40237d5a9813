import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Misconfigured } from "@headgate/model";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadSinks } from "./load-sinks.ts";
import { sinkFromUrl } from "./sink-from-url.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-sinks-"));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

test.each([
  ["hook=http://erp.example/in", "write https://"],
  ["bus=nats://bus.example:4222/PLANT", "write tls://"],
  ["bus=nats://127.0.0.1:4222,bus.example/PLANT", "nats://bus.example"],
])("%s is refused, unless it is allowed", (text, said) => {
  expect(() => sinkFromUrl(text)).toThrow(Misconfigured);
  expect(() => sinkFromUrl(text)).toThrow(said);
  expect(sinkFromUrl(text, true).name).toMatch(/^(hook|bus)$/);
});

test.each([
  "hook=https://erp.example/in",
  "hook=http://127.0.0.1:8000/in",
  "bus=tls://bus.example:4222/PLANT",
  "bus=nats://localhost:4222/PLANT",
])("%s is taken", (text) => {
  expect(sinkFromUrl(text).name).toMatch(/^(hook|bus)$/);
});

const inFile = async (sink: object) => {
  const path = join(folder, "sinks.yaml");
  await writeFile(path, JSON.stringify({ sinks: { it: sink } }));
  return await loadSinks(path);
};

test("the same of a file of sinks", async () => {
  const hook = { type: "webhook", url: "http://erp.example/in" };
  const bus = { type: "nats", servers: ["bus.example:4222"], stream: "PLANT" };
  await expect(inFile(hook)).rejects.toThrow('sink "it": http://erp.example is not encrypted');
  await expect(inFile(bus)).rejects.toThrow("nats://bus.example:4222 is not encrypted");
  for (const given of [
    { ...hook, allowPlain: true },
    { ...bus, allowPlain: true },
  ]) {
    expect((await inFile(given)).length).toBe(1);
  }
  expect((await inFile({ ...bus, tls: true })).length).toBe(1);
});
