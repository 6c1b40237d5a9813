import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Misconfigured, systemClock } from "@headgate/model";
import { expect, it } from "vitest";
import { openTrust } from "./trust.ts";

it("a folder that cannot be used is for a person to mend, and no bug", async () => {
  const folder = await mkdtemp(join(tmpdir(), "headgate-trust-"));
  try {
    const file = join(folder, "a-file");
    await writeFile(file, "");
    const opened = openTrust(file, systemClock);
    await expect(opened).rejects.toBeInstanceOf(Misconfigured);
    await expect(opened).rejects.toThrow(/a-file.*cannot be used; check its owner/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
