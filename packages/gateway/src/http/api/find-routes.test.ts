import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createVirtualMeter,
  openVirtualLine,
  startVirtualCamera,
  type VirtualCamera,
  type VirtualLine,
  type VirtualMeter,
} from "@headgate/drivers/testing";
import { silentLog, systemClock } from "@headgate/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { citedTables, readCitedFacts } from "../../../testing/profiles/cited-meters.ts";
import { createSampleView } from "../../../testing/sample-view.ts";
import { createTestServer, type Login } from "../../../testing/test-server.ts";
import { catalogue } from "../../catalogue.ts";
import { ownScouts } from "../../commands/own-scouts.ts";
import { loadConfig } from "../../config/load.ts";
import { Configuration } from "../../configuration/configuration.ts";
import { Finder } from "../../find/finder.ts";
import type { Find } from "./api-types.ts";

const TEXT = `# the parlour
gateway: { id: pasture-07 }
channels:
  known: { driver: modbus-tcp, host: 127.0.0.1, port: 1 }
`;
/** On a machine with other work. */
const WAIT = { timeout: 120_000, interval: 200 };

let folder = "";
let path = "";
let line: VirtualLine;
let meter: VirtualMeter;
let camera: VirtualCamera;
let places = "";
let web: Awaited<ReturnType<typeof createTestServer>>;
let technician: Login;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-find-"));
  path = join(folder, "gateway.yaml");
  await writeFile(path, TEXT);
  const facts = await readCitedFacts();
  const tables = citedTables(facts.get("eastron-sdm630") ?? []);
  line = await openVirtualLine();
  meter = createVirtualMeter({ units: { 1: tables } });
  camera = await startVirtualCamera({ user: { username: "viewer", password: "grass" } });
  places = `127.0.0.1:${await meter.listen()}, http://127.0.0.1:${camera.port}`;
  const clock = systemClock;
  const lent = { catalogue, clock, log: silentLog };
  const configuration = await Configuration.open(path, join(folder, "versions"), lent);
  const { config } = await loadConfig(path, catalogue);
  const finder = new Finder({
    scouts: ownScouts(catalogue),
    clock,
    told: `${line.path},10.0.0.0/24`,
  });
  const view = { ...createSampleView(), configuration, finder, ...(config && { config }) };
  web = await createTestServer(view);
  technician = await web.loginAs("technician");
});
afterAll(async () => {
  await web.close();
  for (const part of [meter, line]) await part.close();
  await camera.stop();
  await rm(folder, { recursive: true, force: true });
});

const find = async (): Promise<Find> => (await web.get("/api/find", technician)).json();
const post = (url: string, payload: object) =>
  web.ask({ method: "POST", url, payload }, technician);

test("it says where one could look, and what that takes", async () => {
  const { ports, networks } = (await web.get("/api/find/places", technician)).json();
  expect(ports).toMatchObject([{ path: line.path, channel: null, problem: null }]);
  expect(ports[0].usualMs).toBeGreaterThan(10_000);
  expect(networks).toEqual([{ name: "", network: "10.0.0.0/24", usualMs: 12_000 }]);
});

test("nothing is asked that nobody named", async () => {
  expect(await find()).toMatchObject({ state: "none", things: [] });
  expect((await post("/api/find", {})).json()).toMatchObject({ code: "misconfigured" });
  const wrong = (await post("/api/find", { places: "10.0.0.0/8" })).json();
  expect(wrong.detail).toContain("more than 1024");
});

/** What was typed is in a file of its own, and is what the channel logs in with. */
async function expectSecretKept(written: string): Promise<void> {
  expect(written).toMatch(/password: \$\{secret:password\}/);
  expect(written).not.toContain("grass");
  const file = join(folder, "data/secrets/password");
  expect([await readFile(file, "utf8"), (await stat(file)).mode & 0o777]).toEqual([
    "grass\n",
    0o600,
  ]);
  const { config } = await loadConfig(path, catalogue);
  expect(JSON.stringify(config?.channels.map(({ settings }) => settings))).toContain('"grass"');
}

test("what is found at hosts and of cameras is added in one go", {
  timeout: 300_000,
}, async () => {
  const wish = { places };
  expect((await post("/api/find", wish)).json()).toMatchObject({ state: "running" });
  expect((await post("/api/find", wish)).json()).toMatchObject({ code: "refused" });
  await expect.poll(async () => (await find()).state, WAIT).toBe("done");
  const { things, tasks, by, leftMs } = await find();
  expect([by, leftMs, tasks.map(({ state }) => state)]).toEqual(["the-technician", null, ["done"]]);
  const told = things.map(({ kind, existing, needsLogin }) => [kind, existing, needsLogin]);
  expect(told.toSorted()).toEqual([
    ["camera", null, true],
    ["meter", null, false],
  ]);
  const names = things.map(({ name }) => name);
  expect(new Set(names).size).toBe(2);
  const meters = things.filter(({ kind }) => kind === "meter");
  for (const { verdict, proposals } of meters) {
    expect([verdict, proposals[0]?.profile]).toEqual(["one", "eastron-sdm630"]);
    expect(proposals[0]?.values.length).toBeGreaterThan(1);
  }

  // Whom no profile fits begins with one point, which the inspector then explains.
  const key = meters[0]?.key ?? "";
  const own = (
    await post("/api/find/draft", { picks: [{ key, name: "a", address: "input:6" }] })
  ).json();
  expect(own).toMatchObject({ isGood: true, added: [{ device: "a", firstPoint: "first" }] });
  expect(own.text).toMatch(/points:\s+first:\s+address: input:6\s+type: uint16/);
  const twice = [
    { key, name: "a" },
    { key, name: "a" },
  ];
  expect((await post("/api/find/draft", { picks: twice })).json().detail).toContain("already");

  const picks = things.map(({ key, kind, name, proposals: [best] }) => ({
    ...{ key, name: kind === "camera" ? "大门 相机" : name },
    ...(kind === "camera" && { username: "viewer", password: "grass" }),
    ...(best && { profile: best.profile, variant: best.variant }),
  }));
  const draft = (await post("/api/find/draft", { picks })).json();
  expect(draft).toMatchObject({ isGood: true, isRisky: false, mistakes: [], version: 1 });
  expect(draft.added).toHaveLength(2);
  expect(draft.text).toContain("# the parlour");
  const { version, text, secrets } = draft;
  const tried = await post("/api/config/check", { text });
  expect(tried.json()).toMatchObject({ isGood: true, movedSecrets: [] });
  const headers = { "if-match": `${version}` };
  const applied = await web.ask(
    { method: "PUT", url: "/api/config", payload: { text, why: "found", secrets }, headers },
    technician,
  );
  expect(applied.json()).toEqual({ version: 2, confirmWithinMs: null });
  const written = await readFile(path, "utf8");
  expect(written).toMatch(/大门-相机:\n {4}channel: 大门-相机\n {4}name: 大门 相机/);
  await expectSecretKept(written);
  expect((await web.get("/api/config", technician)).json().text).not.toContain("grass");
  // Looked at again, all of them are there.
  const after = await find();
  expect(after.things.map(({ existing }) => existing)).not.toContain(null);
});

test("a search is ended by hand, and keeps what it has", async () => {
  await post("/api/find", { ports: [line.path], depth: "all" });
  expect((await web.ask({ method: "DELETE", url: "/api/find" }, technician)).statusCode).toBe(200);
  await expect.poll(async () => (await find()).state, WAIT).toBe("stopped");
});

test("edits of a configuration are drafts too", async () => {
  const edits = [{ path: ["devices", "x", "channel"], value: "nowhere" }];
  const draft = (await post("/api/config/draft", { edits })).json();
  expect(draft.isGood).toBe(false);
  expect(draft.mistakes[0].path).toBe("devices.x");
});
