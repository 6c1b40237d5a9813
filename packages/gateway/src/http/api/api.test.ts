import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtinDrivers } from "@headgate/drivers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { createTestServer } from "../../../testing/test-server.ts";
import { createGateway } from "../../create-gateway.ts";
import type { Gateway } from "../../gateway.ts";
import { siteOf } from "../site.ts";
import { problemSchema } from "./api-problem.ts";
import { apiRoutes } from "./api-routes.ts";
import { openApiDocument } from "./openapi.ts";

let directory: string;
let gateway: Gateway;
let web: Awaited<ReturnType<typeof createTestServer>>;
let running: Promise<void>;
const stopping = new AbortController();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "headgate-api-"));
  gateway = await createGateway({
    config: {
      gateway: { id: "pasture-07", name: "七号牧场" },
      buffer: { path: directory, capacity: "16 MiB" },
      channels: {
        sim: { driver: "simulated" },
        "plc-1": { driver: "modbus-tcp", host: "127.0.0.1", port: 1 },
      },
      devices: {
        tank: {
          channel: "sim",
          name: "奶罐",
          scan: "100 ms",
          points: { temperature: { mean: 4, amplitude: 0, unit: "°C" } },
        },
        meter: {
          channel: "plc-1",
          unitId: 7,
          scan: "100 ms",
          points: { power: { address: "holding:0", type: "uint16", access: "readWrite" } },
        },
      },
      web: false,
    },
    drivers: builtinDrivers,
    uplinks: [],
  });
  running = gateway.run(stopping.signal);
  web = await createTestServer(gateway);
  await vi.waitFor(() => expect(gateway.status()?.points).toMatchObject({ good: 1, bad: 1 }), {
    timeout: 50_000,
  });
});

afterAll(async () => {
  await web?.close();
  stopping.abort();
  await running;
  await rm(directory, { recursive: true, force: true });
});

const ask = (url: string, headers: Record<string, string> = {}) =>
  web.get(url, { ...web.local, ...headers });
const tableOf = () =>
  apiRoutes(gateway, {
    site: siteOf({ host: "127.0.0.1", port: 0 }),
    access: web.access,
    certificate: () => null,
  });

/** Paths of routes that end by themselves, with something for each parameter. */
const FILLED: Readonly<Record<string, string>> = {
  device: "meter",
  point: "power",
  channel: "plc-1",
  profile: "eastron-sdm630",
};

/** What routes ask for behind their path. */
const QUERIES: Readonly<Record<string, string>> = { "/api/writing": "?point=meter/power" };

test("every answer in JSON is what its schema says", async () => {
  const asked: string[] = [];
  for (const { method, path, answer } of tableOf()) {
    if (method !== "GET" || typeof answer === "string" || path.includes("/uplinks/")) continue;
    const url = path.replaceAll(/:(\w+)/g, (_, name: string) => FILLED[name] ?? name);
    const { statusCode, body } = await ask(url + (QUERIES[path] ?? ""));
    // Nothing here has registers that are asked for, or certificates.
    if (path === "/api/inspect" || path.endsWith("/certificates")) continue;
    expect([url, statusCode]).toEqual([url, 200]);
    expect(answer.safeParse(JSON.parse(body)).error).toBeUndefined();
    asked.push(path);
  }
  expect(asked).toContain("/api/devices/:device");
  expect(asked.length).toBeGreaterThan(8);
});

test("a device says where it is, how it answers and how good its points are", async () => {
  const devices = (await ask("/api/devices")).json();
  expect(devices).toMatchObject([
    { id: "tank", name: "奶罐", channel: "sim", unit: null, quality: { good: 1, bad: 0 } },
    { id: "meter", name: "meter", channel: "plc-1", unit: 7, quality: { good: 0, bad: 1 } },
  ]);
  expect(devices[1].state).toMatchObject({ kind: "waiting", reason: expect.any(String) });
  const whole = (await ask("/api/devices/tank")).json();
  expect(whole.points).toMatchObject([{ id: "tank/temperature", value: 4, quality: "good" }]);
});

test("points are filtered by device, quality and words", async () => {
  const idsOf = async (query: string) =>
    (await ask(`/api/points?${query}`)).json().map(({ id }: { id: string }) => id);
  expect(await idsOf("device=tank")).toEqual(["tank/temperature"]);
  expect(await idsOf("quality=bad")).toEqual(["meter/power"]);
  expect(await idsOf("search=%C2%B0c")).toEqual(["tank/temperature"]);
});

test.each([
  { url: "/api/devices/nobody", status: 404, code: "not-found", en: "There is no", zh: "找不到" },
  { url: "/api/nothing", status: 404, code: "not-found", en: "There is no", zh: "找不到" },
  { url: "/api/points?qualitty=bad", status: 400, code: "bad-request", en: "right", zh: "有误" },
  { url: "/api/points?quality=fine", status: 400, code: "bad-request", en: "right", zh: "有误" },
  {
    url: "/api/channels/sim/trace",
    status: 400,
    code: "misconfigured",
    en: "cannot be done",
    zh: "无法",
  },
])("$url is answered by a problem in both languages", async ({ url, status, code, en, zh }) => {
  const english = await ask(url, { "accept-language": "de, en;q=0.8, zh;q=0.1" });
  expect(english.headers["content-type"]).toContain("application/problem+json");
  expect([english.statusCode, english.json().status]).toEqual([status, status]);
  const problem = problemSchema.parse(english.json());
  expect(problem.code).toBe(code);
  expect(problem.title).toContain(en);
  const chinese = await ask(url, { "accept-language": "zh-CN,zh;q=0.9,en;q=0.8" });
  expect(chinese.json().title).toContain(zh);
  expect((await ask(`${url}${url.includes("?") ? "&" : "?"}lang=zh`)).json().title).toContain(zh);
});

test("a mistake in a request is told with its place and what to do", async () => {
  const [mistake] = (await ask("/api/points?quality=bd")).json().errors;
  expect(mistake).toEqual({
    path: "query.quality",
    code: "unknown-value",
    message: '"bd" is not one of good, uncertain, bad, silent',
    hint: "did you mean `bad`?",
  });
});

test("the document holds every route and every shape that it names", async () => {
  const table = tableOf();
  const document = (await ask("/api/openapi.json")).json();
  expect(document).toEqual(JSON.parse(JSON.stringify(openApiDocument(table))));
  expect(document.openapi).toBe("3.1.0");
  for (const { method, path, role } of table) {
    const operation = document.paths[path.replaceAll(/:(\w+)/g, "{$1}")][method.toLowerCase()];
    expect(operation["x-role"]).toBe(role);
  }
  const text = JSON.stringify(document);
  const named = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
  const shapes = Object.keys(document.components.schemas);
  for (const name of named) expect(shapes).toContain(name);
  const operations = Object.values<Record<string, { operationId: string }>>(document.paths);
  const ids = operations.flatMap((path) => Object.values(path).map((one) => one.operationId));
  expect(new Set(ids).size).toBe(ids.length);
  const page = await ask("/api/docs");
  expect(page.body).not.toMatch(/https?:\/\//);
  expect(page.headers["content-security-policy"]).toContain("require-trusted-types-for 'script'");
});

test("a route without a rule cannot be added", async () => {
  const other = await createTestServer(gateway);
  expect(() => other.server.get("/api/sneaked", async () => "in")).toThrow(/no rule/);
  await other.close();
});

test("a bug is told as one, without what it says inside", async () => {
  const broken = { ...gateway, points: () => z.never().parse("a secret") };
  const other = await createTestServer(broken);
  const answer = await other.get("/api/points");
  await other.close();
  expect([answer.statusCode, answer.json().code]).toEqual([500, "bug"]);
  expect(answer.body).not.toContain("secret");
});
