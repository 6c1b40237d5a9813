import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@headgate/model";
import { afterEach, beforeEach, expect, test } from "vitest";
import { accessFiles } from "../access/access.ts";
import { AuditLog } from "../access/audit-log.ts";
import type { GatewayConfig } from "../config/config.ts";
import { WriteJournal } from "../writes/write-journal.ts";
import { verifyOutput } from "./audit.ts";
import { ExitCode } from "./exit-code.ts";

let folder: string;
let config: GatewayConfig;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-verify-"));
  config = { buffer: { path: folder } } as unknown as GatewayConfig;
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

async function fill(): Promise<void> {
  const log = await AuditLog.open(accessFiles(join(folder, "web")).audit);
  const did = {
    who: "anna",
    address: "10.0.4.2",
    action: "config.apply",
    outcome: "done",
  } as const;
  for (let at = 1; at <= 3; at++) await log.add({ ...did, detail: "" }, at);
  await log.close();
  const journal = await WriteJournal.open(join(folder, "writes"), systemClock);
  const written = { kind: "write", id: "w1", point: "pump/speed", value: 5, by: "anna" } as const;
  for (const state of ["queued", "sent", "verified"] as const) {
    await journal.append({ ...written, state, readBack: null, reason: null }, true);
  }
  await journal.close();
}

test("what was never written holds, and so do both chains", async () => {
  const none = await verifyOutput(config, false);
  expect(none.exitCode).toBe(ExitCode.ok);
  expect(none.text).toBe("the chain holds: 0 entries\nwrites: the chain holds: 0 steps\n");
  await fill();
  const { text, exitCode } = await verifyOutput(config, false);
  expect(exitCode).toBe(ExitCode.ok);
  expect(text).toMatch(
    /^the chain holds: 3 entries .*\nwrites: the chain holds: 3 steps, the last/,
  );
});

test("a write that was changed is told with its line, also where the log is whole", async () => {
  await fill();
  const [name = ""] = await readdir(join(folder, "writes"));
  const path = join(folder, "writes", name);
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace('"state":"sent"', '"state":"refused"'));
  const told = await verifyOutput(config, false);
  expect(told.exitCode).toBe(ExitCode.no);
  expect(told.text).toContain("the chain holds: 3 entries");
  expect(told.text).toContain(`writes: broken: 1 lines, first ${name}:2`);
  const { writes } = JSON.parse((await verifyOutput(config, true)).text);
  expect(writes).toMatchObject({ stepCount: 3, damaged: [`${name}:2`] });
});

test("half a line of a power cut is no step that was changed", async () => {
  await fill();
  const [name = ""] = await readdir(join(folder, "writes"));
  await appendFile(join(folder, "writes", name), '{"n":4,"at":"20');
  const { text, exitCode } = await verifyOutput(config, false);
  expect(exitCode).toBe(ExitCode.ok);
  expect(text).toMatch(/writes: the chain holds: 3 steps, .*; 1 half lines of power cuts\n$/);
});

test("an entry that was added by hand breaks the log, and not the writes", async () => {
  await fill();
  const audit = accessFiles(join(folder, "web")).audit;
  const [name = ""] = await readdir(audit);
  await appendFile(join(audit, name), "{}\n");
  const { text, exitCode } = await verifyOutput(config, false);
  expect(exitCode).toBe(ExitCode.no);
  expect(text).toMatch(/^broken: .*\nwrites: the chain holds: 3 steps/);
});
