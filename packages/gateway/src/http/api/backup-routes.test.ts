import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog, systemClock } from "@headgate/model";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createSampleView } from "../../../testing/sample-view.ts";
import { createTestServer, type Login } from "../../../testing/test-server.ts";
import { accessFiles } from "../../access/access.ts";
import { readAudit } from "../../access/audit-log.ts";
import { proveBackup } from "../../backup/open-backup.ts";
import { catalogue } from "../../catalogue.ts";
import { loadConfig } from "../../config/load.ts";
import { Configuration } from "../../configuration/configuration.ts";

/** Each backup takes a part of a second of a whole core. */
vi.setConfig({ testTimeout: 60_000 });

const WORDS = "ein Satz, den niemand errät";
let folder = "";
let web: Awaited<ReturnType<typeof createTestServer>>;
let admin: Login;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-backup-route-"));
  const path = join(folder, "gateway.yaml");
  await writeFile(path, "gateway: { id: 七号/pasture }\n");
  await mkdir(join(folder, "data", "secrets"), { recursive: true });
  await writeFile(join(folder, "data", "secrets", "gate"), "geheim-4711");
  const { config } = await loadConfig({ gateway: { id: "pasture-07" } }, catalogue);
  const lent = { catalogue, clock: systemClock, log: silentLog };
  const configuration = await Configuration.open(path, join(folder, "data", "config"), lent);
  const view = { ...createSampleView(), ...(config && { config }), configuration };
  web = await createTestServer(view, {});
  admin = await web.loginAs("admin");
});
afterEach(async () => {
  await web.close();
  await rm(folder, { recursive: true, force: true });
});

const take = (passphrase: unknown) =>
  web.ask({ method: "POST", url: "/api/backup", payload: { passphrase } }, admin);

test("an admin gets a file that the passphrase opens, and that is written down", async () => {
  const answer = await take(WORDS);
  expect(answer.statusCode).toBe(200);
  expect(answer.headers["content-disposition"]).toMatch(/filename="-pasture-[\d-]{10}\.hgb"/);
  const file = join(folder, "one.hgb");
  await writeFile(file, answer.rawPayload);
  expect(answer.rawPayload.includes("geheim-4711")).toBe(false);
  const { manifest, config } = await proveBackup(file, WORDS);
  expect(manifest).toMatchObject({ bufferSchema: null });
  expect(config).toBe(await readFile(join(folder, "gateway.yaml"), "utf8"));
  const [deed] = await readAudit(accessFiles(web.folder).audit, { limit: 1 });
  expect(deed).toMatchObject({ action: "backup.take", outcome: "done" });
  expect(JSON.stringify(deed)).not.toContain(WORDS);
});

test("one at a time; a passphrase that is too short makes none", async () => {
  const answers = await Promise.all([take(WORDS), take(WORDS)]);
  expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 409]);
  expect((await take(WORDS)).statusCode).toBe(200);
  for (const passphrase of ["elevenlette", "x".repeat(201), 7, undefined]) {
    expect((await take(passphrase)).statusCode).toBe(400);
  }
});
