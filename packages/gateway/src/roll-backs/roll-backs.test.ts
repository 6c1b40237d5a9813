import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { UpdateView } from "../update/updates.ts";
import { RollBacks } from "./roll-backs.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-roll-backs-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const WHY = "nobody confirmed version 3";
const versionBy = (who: string) => ({
  version: { version: 4, atMs: 1, who, why: WHY, changes: [], text: "" },
});
const updatesThat = (kind: "confirmed" | "went-back" | "taken-back") => ({
  view: async () => ({ last: { kind, version: "1.5.0", why: "", atMs: 7 } }) as UpdateView,
});
const rollBacksOf = (who: string, kind: "confirmed" | "went-back" | "taken-back") =>
  new RollBacks({ folder, configuration: versionBy(who), updates: updatesThat(kind) });

it("tells of what went back by itself, and of nothing that somebody did", async () => {
  const told = await rollBacksOf("the gateway", "went-back").unseen();
  expect(told).toEqual([
    { id: "config-4", kind: "config", version: "4", why: WHY, atMs: 1 },
    { id: "update-7", kind: "update", version: "1.5.0", why: "", atMs: 7 },
  ]);
  expect(await rollBacksOf("anna", "taken-back").unseen()).toEqual([]);
  expect(await rollBacksOf("anna", "confirmed").unseen()).toEqual([]);
  const none = new RollBacks({ folder, configuration: null, updates: null });
  expect(await none.unseen()).toEqual([]);
});

it("tells it until it was seen, also after a restart; once more if that was lost", async () => {
  await rollBacksOf("the gateway", "went-back").see("config-4");
  const after = rollBacksOf("the gateway", "went-back");
  expect((await after.unseen()).map(({ id }) => id)).toEqual(["update-7"]);
  await expect(after.see("config-4")).rejects.toThrow("somebody has seen that already");
  for (const damaged of ["[half", "null", "{}", "[1]"]) {
    await writeFile(join(folder, "roll-backs-seen.json"), damaged);
    expect(await after.unseen()).toHaveLength(2);
  }
});
