import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Launcher } from "./launcher.ts";
import { installed, type ReleaseState } from "./release-state.ts";
import { readState, writeState } from "./state-file.ts";

vi.setConfig({ testTimeout: 60_000 });

/** As a gateway: it ends when the launcher lets go. */
const RUNS = `process.on("disconnect", () => process.exit(0));
if (!process.connected) process.exit(0);
setTimeout(() => process.exit(9), 50_000);`;
const first = installed(null, "1.0.0", null);
const trial = installed(first, "1.1.0", null);

let folder = "";
let stop: AbortController;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-launcher-"));
  stop = new AbortController();
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

/** Each notes that it was started, and does as it is told. */
function version(name: string, then: string): void {
  mkdirSync(join(folder, name, "dist"), { recursive: true });
  const log = JSON.stringify(join(folder, "log"));
  const note = `require("node:fs").appendFileSync(${log}, "${name} ");`;
  writeFileSync(join(folder, name, "dist", "main.js"), `${note}\n${then}\n`);
}

const started = () => readFileSync(join(folder, "log"), "utf8").trim().split(" ");

async function launch(state: ReleaseState): Promise<number> {
  await writeState(folder, state);
  return await run();
}

const run = () => new Launcher({ folder, words: [], stop: stop.signal, pauseMs: 1 }).run();

/** As a full disk does. */
const takeNothing = () => mkdirSync(join(folder, "versions.json.new"));

test("on a full disk, a version that dies in its trial goes back all the same", async () => {
  version("1.0.0", "process.exit(7);");
  version("1.1.0", "process.exit(3);");
  await writeState(folder, trial);
  takeNothing();
  expect(await run()).toBe(7);
  expect(started()).toEqual(["1.1.0", "1.1.0", "1.1.0", "1.0.0"]);
  expect(await readState(folder)).toEqual(trial);
  // The disk has room again: it is counted from the beginning, and kept.
  rmSync(join(folder, "versions.json.new"), { recursive: true });
  expect(await run()).toBe(7);
  expect(await readState(folder)).toMatchObject({ current: "1.0.0", trial: null });
});

test("what was written by others counts, whatever the disk did not take before", async () => {
  version("1.0.0", "process.exit(7);");
  const confirm = JSON.stringify({ ...trial, trial: null });
  const path = JSON.stringify(join(folder, "versions.json"));
  version(
    "1.1.0",
    `require("node:fs").writeFileSync(${path}, ${JSON.stringify(confirm)});
process.exit(4);`,
  );
  await writeState(folder, trial);
  takeNothing();
  expect(await run()).toBe(4);
  expect(started()).toEqual(["1.1.0"]);
});

test("stopped while a version is begun, that stops, and is not counted", async () => {
  version("1.1.0", RUNS);
  await writeState(folder, trial);
  const running = run();
  stop.abort();
  expect(await running).toBe(0);
  expect((await readState(folder))?.trial?.startCount).toBe(0);
  expect(await run()).toBe(0);
  expect(started()).toEqual(["1.1.0"]);
});

test.each([true, false])(
  "without a trial a stop writes nothing (full disk: %s)",
  async (isFull) => {
    version("1.0.0", RUNS);
    await writeState(folder, first);
    const { ino } = statSync(join(folder, "versions.json"));
    if (isFull) takeNothing();
    const running = run();
    stop.abort();
    expect(await running).toBe(0);
    expect(statSync(join(folder, "versions.json")).ino).toBe(ino);
  },
);

test("where the files of a version are gone, the one before starts; else the newest", async () => {
  version("1.0.0", "process.exit(7);");
  expect(await launch({ ...trial, trial: null })).toBe(7);
  expect(await readState(folder)).toMatchObject({
    ...{ current: "1.0.0", previous: null },
    last: { kind: "went-back", version: "1.1.0", why: "the files of version 1.1.0 are gone" },
  });
  version("0.9.9", "process.exit(6);");
  version("0.10.0", "process.exit(5);");
  rmSync(join(folder, "1.0.0"), { recursive: true });
  expect(await run()).toBe(5);
  writeFileSync(join(folder, "versions.json"), "{");
  expect(await run()).toBe(5);
  mkdirSync(join(folder, "empty"));
  const nothing = new Launcher({ folder: join(folder, "empty"), words: [], stop: stop.signal });
  expect(await nothing.run()).toBe(2);
});

test("a version that asks for it is started again, without a trial too", async () => {
  const log = join(folder, "log");
  version(
    "1.0.0",
    `const { length } = require("node:fs").readFileSync(${JSON.stringify(log)});
process.exit(length < 10 ? 75 : 6);`,
  );
  expect(await launch(first)).toBe(6);
  expect(started()).toEqual(["1.0.0", "1.0.0"]);
});

test("a gateway whose launcher went while it began stops", async () => {
  const module = pathToFileURL(join(import.meta.dirname, "follow-launcher.ts")).href;
  const code = `process.stdin.once("data", async () => {
    const { launcherLetsGo } = await import("${module}");
    process.exit(launcherLetsGo().aborted ? 0 : 1);
  }); process.stdout.write("up");`;
  const stdio = ["pipe", "pipe", "inherit", "ipc"] as const;
  const child = spawn(process.execPath, ["-e", code], { stdio: [...stdio] });
  await once(child.stdout as NonNullable<typeof child.stdout>, "data");
  child.disconnect();
  await once(child, "disconnect");
  child.stdin?.write("go");
  expect(await once(child, "exit")).toEqual([0, null]);
});
