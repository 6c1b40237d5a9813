import { expect, test } from "vitest";
import { readWebFile } from "./web-files.ts";

test.each([
  "../package.json",
  "..%2fpackage.json",
  "/etc/passwd",
  "index",
  "index.html.",
  ".html",
  "main.ts",
  "",
])("%j is no file of the page", async (name) => {
  expect(await readWebFile(name)).toBeNull();
  expect(await readWebFile(name, { folder: "assets/", accepts: "br, gzip" })).toBeNull();
});
