import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { freePort } from "./peers/free-port.ts";
import { Mosquitto } from "./peers/mosquitto.ts";
import { RunningGateway } from "./peers/running-gateway.ts";

const WAIT = { timeout: 60_000, interval: 100 };
/** Whoever breaks something does not have us wait 90 s. */
const IMPATIENT = { HEADGATE_CONFIRM_SECONDS: "3" };
const PATIENT = { HEADGATE_CONFIRM_SECONDS: "120" };

let folder: string;
let broker: Mosquitto;
let gateway: RunningGateway;
let tlsUrl: string;
const file = (name: string) => join(folder, name);

function certificate(name: string): void {
  const make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"];
  const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
  const out = ["-keyout", file(`${name}.key`), "-out", file(`${name}.crt`)];
  execFileSync("openssl", [...make, ...subject, ...out], { stdio: "ignore" });
}

interface Broken {
  readonly cloudUrl?: string;
  readonly password?: string;
  readonly ca?: string;
}

/** Three ways upstream: over TCP, with a password, over TLS. */
function uplinksOf({ cloudUrl = broker.url, password = "right", ca = "server.crt" }: Broken) {
  const login = { username: "gate", format: "json", keepalive: "20 s" };
  const own = { type: "mqtt", ...login, password: "right" };
  return {
    cloud: { ...own, url: cloudUrl },
    erp: { ...own, url: broker.url, password, root: "erp" },
    safe: { ...own, url: tlsUrl, ca: file(ca), root: "safe" },
  };
}

interface Config {
  readonly version: number;
  readonly text: string;
  readonly probation: { readonly uplinks: readonly { id: string; isProved: boolean }[] } | null;
}

const configOf = async () => (await gateway.ask("GET", "/api/config")).body as Config;

async function apply(broken: Broken): Promise<number> {
  const { version, text } = await configOf();
  const next = { ...(JSON.parse(text) as object), uplinks: uplinksOf(broken) };
  const put = { text: JSON.stringify(next), why: "a trial" };
  const answer = await gateway.ask("PUT", "/api/config", { body: put, version });
  expect(answer).toMatchObject({ ok: true, body: { version: version + 1 } });
  return version + 1;
}

const everyUplink = (ids: readonly string[]) =>
  vi.waitFor(async () => {
    const { body } = await gateway.ask("GET", "/api/uplinks");
    const acked = (body as { id: string; lastAckMs: number | null }[])
      .filter(({ lastAckMs }) => lastAckMs !== null)
      .map(({ id }) => id);
    expect(acked).toEqual(ids);
  }, WAIT);

/** The version before is back, as a new one, and all that it has is acknowledged again. */
async function comesBack(broken: number): Promise<void> {
  await vi.waitFor(async () => {
    expect(await configOf()).toMatchObject({ version: broken + 1, probation: null });
  }, WAIT);
  const { uplinks } = JSON.parse((await configOf()).text) as { uplinks: object };
  expect(uplinks).toMatchObject({ cloud: { url: broker.url }, safe: { ca: file("server.crt") } });
  await everyUplink(["cloud", "erp", "safe"]);
}

async function newestWhy(): Promise<string> {
  const { body } = await gateway.ask("GET", "/api/config/versions");
  return (body as { why: string }[])[0]?.why ?? "";
}

/** Nobody may say that it stays. */
async function staysUnproved(version: number): Promise<void> {
  const refused = await gateway.post("/api/config/confirm", { version });
  expect(refused).toMatchObject({ ok: false, body: { code: "refused" } });
  expect((refused.body as { detail: string }).detail).toContain("has acknowledged nothing");
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "headgate-rollback-"));
  certificate("server");
  certificate("stranger");
  execFileSync("mosquitto_passwd", ["-b", "-c", file("passwords"), "gate", "right"]);
  const tlsPort = await freePort();
  tlsUrl = `mqtts://127.0.0.1:${tlsPort}`;
  const tls = [`listener ${tlsPort} 127.0.0.1`, `certfile ${file("server.crt")}`];
  const config = [...tls, `keyfile ${file("server.key")}`];
  broker = await Mosquitto.start({ passwordFile: file("passwords"), config });
  gateway = await RunningGateway.prepare({
    channels: { sim: { driver: "simulated" } },
    devices: { tank: { channel: "sim", scan: "100 ms", points: { t: { mean: 4 } } } },
    uplinks: uplinksOf({}),
  });
  gateway.start(PATIENT);
  await vi.waitFor(() => gateway.status(), WAIT);
});
afterAll(async () => {
  await gateway?.end();
  await broker?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("an uplink's new settings stay once the broker has acknowledged something", async () => {
  await everyUplink(["cloud", "erp", "safe"]);
  const version = await apply({ cloudUrl: broker.url.replace("127.0.0.1", "localhost") });
  await vi.waitFor(async () => {
    expect(await configOf()).toMatchObject({ version, probation: null });
  }, WAIT);
  await apply({});
  await vi.waitFor(async () => expect((await configOf()).probation).toBeNull(), WAIT);
}, 300_000);

test("a wrong host, a wrong password, an unknown authority come back by themselves", async () => {
  await gateway.stop();
  gateway.start(IMPATIENT);
  await vi.waitFor(() => gateway.status(), WAIT);
  const nowhere = `mqtt://127.0.0.1:${await freePort()}`;
  const broken = { cloudUrl: nowhere, password: "wrong", ca: "stranger.crt" };
  await comesBack(await apply(broken));
  expect(await newestWhy()).toBe("nothing was acknowledged of cloud, erp, safe");
}, 300_000);

test("over a power cut they come back too, over a second one at once", async () => {
  const first = await apply({ password: "wrong" });
  await gateway.kill();
  gateway.start();
  await comesBack(first);
  expect(await newestWhy()).toBe("nothing was acknowledged of erp");

  await gateway.stop();
  gateway.start(PATIENT);
  await vi.waitFor(() => gateway.status(), WAIT);
  const second = await apply({ ca: "stranger.crt" });
  await staysUnproved(second);
  await gateway.kill();
  gateway.start();
  const probation = async () => (await configOf()).probation;
  await vi.waitFor(async () => expect(await probation()).not.toBeNull(), WAIT);
  await gateway.kill();
  gateway.start();
  await comesBack(second);
  expect(await newestWhy()).toBe(`it began twice with version ${second}`);
}, 300_000);
