import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { silentLog, systemClock } from "@headgate/model";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createTestServer, TEST_PASSWORD } from "../../../testing/test-server.ts";
import { catalogue } from "../../catalogue.ts";
import { loadConfig } from "../../config/load.ts";
import { Configuration } from "../../configuration/configuration.ts";
import { buildGateway, type Gateway } from "../../gateway.ts";
import { LogRing } from "../../support/log-ring.ts";

/** A secret in every place where one can be. */
const SECRETS = {
  literal: "literal-Pa55word-of-mqtt",
  file: "a secret/of a file+1",
  variable: "variable-Pa55-of-env",
  other: "referred to beside a secret key",
  inAddress: "adr%C3%A9ss-pass",
  inQuery: "query-t0ken-98765",
  key: "MHcCAQEEIDkeyKeyKeyKeyKeyKeyKeyKeyKey",
  comment: "an old one in a comment",
};
const WAIT = { timeout: 30_000 };

let folder: string;
let gateway: Gateway;
let web: Awaited<ReturnType<typeof createTestServer>>;
let running: Promise<void>;
const stopping = new AbortController();
const ring = new LogRing();
const log = pino({ level: "debug", base: null, errorKey: "error" }, ring);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-support-"));
  const path = join(folder, "gateway.yaml");
  await mkdir(join(folder, "data/secrets"), { recursive: true });
  await writeFile(join(folder, "data/secrets/camera"), `${SECRETS.file}\n`);
  process.env.HG_SUPPORT_TEST = SECRETS.variable;
  process.env.HEADGATE_SECRET_HG_SUPPORT_NAME = SECRETS.other;
  await writeFile(
    path,
    `# was: ${SECRETS.comment}
gateway: { id: pasture-07 }
buffer: { path: ./data, capacity: 16 MiB }
web: { host: 127.0.0.1, port: 0 }
channels:
  sim: { driver: simulated }
  cam:
    { driver: onvif, host: 127.0.0.1, port: 1, username: "\${secret:hg-support-name}",
      password: "\${secret:camera}" }
  plc: { driver: modbus-tcp, host: 127.0.0.1, port: 1 }
devices:
  tank: { channel: sim, scan: 100 ms, points: { level: { mean: 4, amplitude: 0 } } }
  meter:
    { channel: plc, unitId: 7, scan: 100 ms,
      points: { power: { address: "holding:0", type: uint16 } } }
uplinks:
  a: { type: mqtt, url: "mqtts://127.0.0.1:1", username: edge, password: ${SECRETS.literal} }
  b: { type: mqtt, url: "mqtts://127.0.0.1:2", username: edge, password: "\${env:HG_SUPPORT_TEST}" }
`,
  );
  const { config, problems } = await loadConfig(path, catalogue);
  if (!config) throw new Error(JSON.stringify(problems));
  const lent = { catalogue, clock: systemClock, log: silentLog };
  const configuration = await Configuration.open(path, join(folder, "data/config"), lent);
  gateway = buildGateway(config, { ...lent, configuration, logs: ring });
  running = gateway.run(stopping.signal);
  web = await createTestServer(gateway);
  await vi.waitFor(() => expect(gateway.status()?.points.good).toBe(1), WAIT);
});
afterAll(async () => {
  await web?.close();
  stopping.abort();
  await running;
  delete process.env.HG_SUPPORT_TEST;
  delete process.env.HEADGATE_SECRET_HG_SUPPORT_NAME;
  await rm(folder, { recursive: true, force: true });
});

/** As a fault might bring each of them into the log. */
function sayAll(known: readonly string[]): void {
  for (const secret of known) {
    log.warn({
      error: new Error(`refused ${secret}`),
      url: `http://x/${encodeURIComponent(secret)}`,
    });
    log.info(`said ${secret} aloud`);
  }
  log.info(`connect mqtts://me:${SECRETS.inAddress}@broker?sig=${SECRETS.inQuery}: refused`);
  log.info(`-----BEGIN EC PRIVATE KEY-----\n${SECRETS.key}\n-----END EC PRIVATE KEY-----`);
}

test("a support bundle holds what is needed and no secret", async () => {
  const admin = await web.loginAs("admin");
  const { token, secret } = await web.access.makeToken({
    ...{ name: "erp", role: "viewer", paths: [] },
    expiresMs: systemClock.nowMs() + 60_000,
  });
  const [session] = web.access.sessions.list(systemClock.nowMs());
  const [account] = web.access.accounts.accounts;
  const own = [
    ...[secret, token.hash, web.access.localToken, admin.cookie?.split("=")[1] ?? "?"],
    ...[session?.hash ?? "?", session?.csrf ?? "?", account?.password ?? "?"],
  ];
  const { literal, file, variable, other } = SECRETS;
  // The cookie's own secret is kept nowhere: nobody could say it.
  sayAll([literal, file, variable, other, ...own.filter((one) => one !== own[3])]);
  const answer = await web.ask({ url: "/api/support-bundle" }, admin);
  expect([answer.statusCode, answer.headers["content-type"]]).toEqual([200, "application/gzip"]);
  const text = gunzipSync(answer.rawPayload).toString();
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const sections = Object.fromEntries(lines.map(({ section, ...rest }) => [section, rest]));
  expect(lines.filter(({ fault }) => fault)).toEqual([]);
  expect(sections.config.content.uplinks.a).toMatchObject({ username: "edge" });
  expect(sections.status.content.gateway.id).toBe("pasture-07");
  expect(sections.lines.content.map(({ channel }: { channel: string }) => channel)).toEqual(
    expect.arrayContaining(["sim", "cam", "plc"]),
  );
  expect(sections.versions.content).toHaveLength(1);
  expect(sections.audit.content.broken).toBeNull();
  expect(sections.storage.content.fileSystem.freeBytes).toBeGreaterThan(0);
  expect(sections.log.content.length).toBeGreaterThan(10);
  for (const hidden of [...Object.values(SECRETS), ...own, TEST_PASSWORD]) {
    const forms = [hidden, encodeURIComponent(hidden), Buffer.from(hidden).toString("base64")];
    for (const form of forms) expect([hidden, text.includes(form)]).toEqual([hidden, false]);
  }
  const [deed] = (await web.get("/api/audit", web.local)).json();
  expect(deed).toMatchObject({ who: "the-admin", action: "support.take", outcome: "done" });
});

test("the log is shown by level and words, without secrets, and taken as a text", async () => {
  const technician = await web.loginAs("technician");
  sayAll([SECRETS.literal]);
  log.error({ channel: "bus-1" }, "the line is cut");
  const get = (query: string) => web.get(`/api/logs${query}`, technician);
  const errors = (await get("?level=error")).json();
  expect(errors).toMatchObject([{ level: "error", message: "the line is cut" }]);
  expect((await get("?search=BUS-1")).json()).toEqual(errors);
  expect((await get("?search=said")).body).toContain("said [hidden] aloud");
  const text = (await get(".txt?level=warn")).body;
  expect(text).toMatch(/^\d{4}-\d\d-\d\dT.*Z ERROR the line is cut \{"channel":"bus-1"\}$/m);
  for (const hidden of Object.values(SECRETS)) expect(text).not.toContain(hidden);
  expect((await web.get("/api/support-bundle", technician)).statusCode).toBe(403);
});
