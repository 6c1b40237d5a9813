import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { schemaFiles } from "./schema-files.ts";

it("the JSON Schemas are what packages/gateway/testing/write-schemas.ts writes today", async () => {
  for (const { path, text } of await schemaFiles()) {
    expect(await readFile(path, "utf8"), path).toBe(text);
  }
});
