import { expect, it } from "vitest";
import { schemaFiles } from "./schema-files.ts";

// After a change: vitest run packages/gateway/testing/schema-files.test.ts --update
it("the JSON Schemas of firmware-config are up to date", async () => {
  for (const { path, text } of await schemaFiles()) {
    await expect(text).toMatchFileSnapshot(path);
  }
});
