import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtinDrivers } from "@headgate/drivers";
import { silentLog, systemClock } from "@headgate/model";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "../config/load.ts";
import { Configuration } from "../configuration/configuration.ts";
import { loadTakenBack } from "./open-configuration.ts";

const SECRET = "HEADGATE_SECRET_OF_THE_TRIAL";
const textOf = (web: string) => `gateway: { id: pasture-07 }
buffer: { path: ./kept }
channels: { sim: { driver: simulated } }
devices: { tank: { channel: sim, points: { t: { mean: 4 } } } }
web: ${web}
`;
const GOOD = textOf("{ port: 8420 }");
/** Read well when it was applied; what it names is gone when the power is back. */
const BROKEN = textOf(`{ port: 9999, host: "\${secret:of-the-trial}" }`);
const lent = { catalogue: { drivers: builtinDrivers, uplinks: {} }, clock: systemClock };

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-trial-"));
  path = join(folder, "gateway.yaml");
  await writeFile(path, GOOD);
  process.env[SECRET] = "127.0.0.1";
});
afterEach(async () => {
  delete process.env[SECRET];
  await rm(folder, { recursive: true, force: true });
});

const all = { ...lent, log: silentLog };
async function apply(): Promise<void> {
  const configuration = await Configuration.open(path, join(folder, "kept", "config"), all);
  await configuration.apply({ text: BROKEN, seen: 1, who: "anna", why: "" });
  delete process.env[SECRET];
  expect((await loadConfig(path, lent.catalogue)).config).toBeNull();
}

test("a version on trial that cannot be read at the start is taken back first", async () => {
  await apply();
  expect(await loadTakenBack(path, all)).toMatchObject({ web: { port: 8420 } });
  expect(await readFile(path, "utf8")).toBe(GOOD);
  expect(await loadTakenBack(path, all)).toBeNull();
});

test("what somebody broke by hand is theirs to mend", async () => {
  await apply();
  await writeFile(path, `${BROKEN}# by hand\n`);
  expect(await loadTakenBack(path, all)).toBeNull();
  expect(await readFile(path, "utf8")).toContain("by hand");
});
