import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { forgetOldest } from "./forget-oldest.ts";

it("keeps the newest files, and what is no file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "headgate-oldest-"));
  mkdirSync(join(folder, "deeper"));
  for (const [index, name] of ["c", "a", "d", "b"].entries()) {
    writeFileSync(join(folder, name), "");
    utimesSync(join(folder, name), 1000 + index, 1000 + index);
  }
  await forgetOldest(folder, 4);
  expect(readdirSync(folder)).toHaveLength(5);
  await forgetOldest(folder, 2);
  expect(readdirSync(folder).sort()).toEqual(["b", "d", "deeper"]);
  await forgetOldest(join(folder, "nowhere"), 2);
  rmSync(folder, { recursive: true });
});
