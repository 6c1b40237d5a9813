import { cpSync, existsSync, mkdtempSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { systemClock } from "@headgate/model";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { newBackupKey } from "./backup-key.ts";
import { beginBackup } from "./make-backup.ts";
import { type ProvedBackup, proveBackup } from "./open-backup.ts";
import { finishAtStart } from "./put-in-place.ts";
import { restoreBackup } from "./restore-backup.ts";

/** The box as whoever pulls the plug leaves it: before each call that changes something. */
let snapshots: string[] = [];
let watched: string | null = null;
let base = "";

function lookBefore<Call extends (...given: never[]) => unknown>(call: Call): Call {
  return ((...given: never[]) => {
    if (watched !== null) {
      const copy = mkdtempSync(join(base, "cut-"));
      cpSync(watched, copy, { recursive: true });
      snapshots.push(copy);
    }
    return call(...given);
  }) as Call;
}

// Everything is done as ever; it is only looked at.
vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  const open: typeof real.open = async (...given) => {
    const file = await lookBefore(real.open)(...given);
    file.writeFile = lookBefore(file.writeFile.bind(file));
    return file;
  };
  const [rename, remove] = [lookBefore(real.rename), lookBefore(real.rm)];
  return { ...real, open, rename, rm: remove };
});

/** Each name is synced, which takes long on a disk that is busy with other things. */
vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

const WORDS = "korrekt pferd batterie";
const OLD = "gateway: { id: other }\n";
const NEW = "gateway: { id: pasture-07 }\n";
const at = (...names: string[]) => join(base, ...names);

async function put(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(at(name)), { recursive: true });
    await writeFile(at(name), content);
  }
}

let backup: ProvedBackup;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "headgate-restore-steps-"));
  await put({ "source/gateway.yaml": NEW, "source/data/secrets/gate": "new" });
  await put({ "source/data/channels/plc/lessons.json": "new", "source/profiles/a.yaml": "new" });
  const wanted = {
    configPath: at("source", "gateway.yaml"),
    withBuffer: false,
    clock: systemClock,
  };
  const made = await beginBackup(wanted);
  const pieces: Buffer[] = [];
  for await (const piece of made.bytes(await newBackupKey(WORDS))) pieces.push(piece);
  await writeFile(at("one.hgb"), Buffer.concat(pieces));
  backup = await proveBackup(at("one.hgb"), WORDS);
});
afterEach(async () => {
  watched = null;
  snapshots = [];
  await rm(base, { recursive: true, force: true });
});

const wish = (box: string) => ({
  configPath: join(box, "gateway.yaml"),
  isReplacing: true,
  who: "test",
  clock: systemClock,
  signal: new AbortController().signal,
});

/** Of a box: the configuration and what is in its folders; null: nothing. */
function stateOf(box: string): readonly (string | null)[] {
  const names = ["gateway.yaml", "data/secrets/gate", "data/channels/plc/lessons.json"];
  return [...names, "data/history.db", "profiles/a.yaml"].map((name) => {
    const path = join(box, name);
    return existsSync(path) ? readFileSync(path, "utf8") : null;
  });
}

const RESTORED = [NEW, "new", "new", null, "new"];

/** What `headgate run` makes of each cut. */
async function startEach(before: readonly (string | null)[]): Promise<[old: number, now: number]> {
  let [oldCount, newCount] = [0, 0];
  for (const box of snapshots) {
    if (existsSync(join(box, "data"))) {
      await finishAtStart(join(box, "gateway.yaml"), join(box, "data"));
    }
    const state = stateOf(box);
    const isNew = state[1] === "new";
    expect(state).toEqual(isNew ? RESTORED : before);
    expect(existsSync(join(box, "data", "restoring"))).toBe(false);
    if (isNew) newCount++;
    else oldCount++;
  }
  return [oldCount, newCount];
}

test.each([
  ["another configuration", OLD],
  ["the same configuration", NEW],
])("cut off at any step over %s, it is the old box or the new one", async (_, config) => {
  await put({ "box/gateway.yaml": config, "box/data/secrets/gate": "old" });
  await put({ "box/data/channels/plc/lessons.json": "old", "box/data/history.db": "old" });
  await put({ "box/profiles/a.yaml": "old" });
  const before = stateOf(at("box"));
  watched = at("box");
  await restoreBackup(backup, wish(at("box")));
  watched = null;
  expect(stateOf(at("box"))).toEqual(RESTORED);
  const [oldCount, newCount] = await startEach(before);
  expect(oldCount).toBeGreaterThan(10);
  expect(newCount).toBeGreaterThan(5);
});

test("cut off at any step on a new box, it is done again to the same end", async () => {
  await put({ "box/.keep": "" });
  watched = at("box");
  await restoreBackup(backup, wish(at("box")));
  watched = null;
  expect(snapshots.length).toBeGreaterThan(20);
  for (const box of snapshots) {
    await restoreBackup(backup, { ...wish(box), isReplacing: false }).catch((error: Error) => {
      // It was done to its end.
      expect(error.message).toContain("holds a gateway's data already");
    });
    expect(stateOf(box)).toEqual(RESTORED);
    expect(existsSync(join(box, "data", "restoring"))).toBe(false);
  }
});
