import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { simulatedDriver } from "@headgate/drivers/simulated";
import { Misconfigured } from "@headgate/model";
import express from "express";
import fastify from "fastify";
import { afterEach, beforeEach, describe, expect, it, test, vi } from "vitest";
import { accessFiles } from "../access/access.ts";
import { createGateway } from "../create-gateway.ts";
import type { Gateway } from "../gateway.ts";
import type { EmbeddedPage, EmbedOptions } from "./embed-page.ts";

interface Host {
  readonly url: string;
  close(): Promise<unknown>;
}

async function listening(server: Server): Promise<Host> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise((resolve) => server.close(resolve).closeAllConnections());
  return { url: `http://127.0.0.1:${port}`, close };
}

const HOSTS: Readonly<Record<string, (page: EmbeddedPage) => Promise<Host>>> = {
  Fastify: async (page) => {
    const app = fastify();
    app.get("/mine", async () => "the host's");
    app.post("/mine", async ({ body }) => body);
    app.register(page.fastify);
    return { url: await app.listen({ host: "127.0.0.1", port: 0 }), close: () => app.close() };
  },
  Express: async (page) => {
    const app = express();
    // It reads bodies before the gateway sees them.
    app.use(express.json());
    app.get("/mine", (_, answer) => void answer.send("the host's"));
    app.post("/mine", (request, answer) => void answer.json(request.body));
    app.use("/edge", page.handle);
    return await listening(createServer(app));
  },
  "node:http": async (page) =>
    await listening(
      createServer((request, response) => {
        if (request.url !== "/mine") page.handle(request, response);
        else if (request.method === "GET") response.end("the host's");
        else request.pipe(response);
      }),
    ),
};

let directory: string;
let gateway: Gateway;
let running: Promise<void>;
let stopping: AbortController;
let page: EmbeddedPage;
let host: Host | null = null;

const config = () => ({
  gateway: { id: "pasture-07" },
  buffer: { path: directory, capacity: "16 MiB" },
  channels: { sim: { driver: "simulated" } },
  devices: { tank: { channel: "sim", scan: "100 ms", points: { t: { mean: 4, amplitude: 0 } } } },
  web: false,
});
const gatewayOf = (given: object) =>
  createGateway({ config: given, drivers: [simulatedDriver], uplinks: [] });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "headgate-embed-"));
  gateway = await gatewayOf(config());
  stopping = new AbortController();
  running = gateway.run(stopping.signal);
  await vi.waitFor(() => expect(gateway.status()).not.toBeNull(), { timeout: 30_000 });
});
afterEach(async () => {
  await host?.close();
  await page?.close();
  host = null;
  stopping.abort();
  await running;
  await rm(directory, { recursive: true, force: true });
});

async function hostOf(name: string, options: Partial<EmbedOptions> = {}): Promise<string> {
  page = await gateway.page({ prefix: "/edge", isHttps: false, ...options });
  host = (await HOSTS[name]?.(page)) ?? null;
  return host?.url ?? "";
}

const JSON_TYPE = { "content-type": "application/json" };
const post = (url: string, body: object, headers: Record<string, string> = {}) =>
  fetch(url, { method: "POST", body: JSON.stringify(body), headers: { ...JSON_TYPE, ...headers } });

/** Claims the gateway under /edge; gives what a logged-in page sends. */
async function claim(url: string) {
  const code = (await readFile(accessFiles(join(directory, "web")).claimCode, "utf8")).trim();
  const given = { code, name: "anna", password: "a sentence to remember" };
  expect((await post(`${url}/edge/api/claim`, given, { origin: "http://evil" })).status).toBe(403);
  const answer = await post(`${url}/edge/api/claim`, given, { origin: url });
  expect(answer.status).toBe(200);
  const [cookie = ""] = answer.headers.getSetCookie();
  const { csrf } = (await answer.json()) as { csrf: string };
  return { rules: cookie, cookie: cookie.split(";")[0] ?? "", "x-csrf-token": csrf };
}

async function readUntil(answer: Response, wanted: string): Promise<string> {
  let text = "";
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  while (!text.includes(wanted)) {
    const { value, done } = (await reader?.read()) ?? { value: "", done: true };
    if (done) throw new Error(`the stream ended before ${wanted}: ${text}`);
    text += value;
  }
  return text;
}

const names = Object.keys(HOSTS);
describe.each(names)("in a server of %s, under /edge", (name) => {
  it("serves page, login, API and a live stream, and leaves the rest alone", async () => {
    const url = await hostOf(name);
    const moved = await fetch(`${url}/edge`, { redirect: "manual" });
    expect([moved.status, moved.headers.get("location")]).toEqual([308, "/edge/"]);
    for (const path of ["/edge/", "/edge/basic/login", "/edge/api/docs"]) {
      const answer = await fetch(url + path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
      // Every link of the pages stays under the prefix.
      const html = await answer.text();
      expect(html).not.toMatch(/(href|src)="\/|fetch\("\/|"\/api\//);
      for (const [, file = ""] of html.matchAll(/(?:href|src)="(\.\/[^"]+)"/g)) {
        expect((await fetch(new URL(file, answer.url))).status).toBe(200);
      }
    }
    expect((await fetch(`${url}/edge/api/status`)).status).toBe(403);
    const form = await fetch(`${url}/edge/basic/login`, {
      method: "POST",
      body: new URLSearchParams({ csrf: "none", name: "anna", password: "guessed" }),
    });
    expect(form.headers.get("x-problem")).toBe("wrong-csrf");

    const { rules, ...login } = await claim(url);
    expect(rules).toMatch(/; Path=\/edge; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
    const status = await fetch(`${url}/edge/api/status`, { headers: login });
    expect(await status.json()).toMatchObject({ gateway: { id: "pasture-07" }, webUrl: null });
    const document = await (await fetch(`${url}/edge/api/openapi.json`)).json();
    expect(document).toMatchObject({ servers: [{ url: "/edge" }] });

    const stream = await fetch(`${url}/edge/api/stream?points=tank/t`, { headers: login });
    expect(await readUntil(stream, '[0,4,"good"')).toContain("event: hello");

    const user = { name: "bert", password: "another sentence", role: "viewer" };
    const { cookie } = login;
    expect((await post(`${url}/edge/api/users`, user, { cookie })).status).toBe(403);
    expect((await post(`${url}/edge/api/users`, user, login)).status).toBe(201);

    expect((await fetch(`${url}/edge/api/nothing`)).status).toBe(404);
    expect(await (await fetch(`${url}/mine`)).text()).toBe("the host's");
    expect(await (await post(`${url}/mine`, { a: 1 })).json()).toEqual({ a: 1 });
    expect((await fetch(`${url}/api/status`)).status).toBe(404);
  });

  it("takes the host's own check instead of accounts", async () => {
    const url = await hostOf(name, {
      whoAsks: async ({ headers }) =>
        headers.cookie === "host=carla" ? { name: "carla", role: "technician" } : null,
    });
    const cookie = "host=carla";
    expect((await fetch(`${url}/edge/api/status`)).status).toBe(401);
    const session = await fetch(`${url}/edge/api/session`, { headers: { cookie } });
    const carla = { isClaimed: true, name: "carla", role: "technician", csrf: null };
    expect(await session.json()).toEqual(carla);
    // A page of another site asks in her name.
    const write = { point: "tank/t", value: 1 };
    const foreign = { cookie, origin: "http://evil" };
    const refused = await post(`${url}/edge/api/writes`, write, foreign);
    expect(await refused.json()).toMatchObject({ code: "wrong-origin" });
    const login = await post(`${url}/edge/api/session`, { name: "anna", password: "a sentence" });
    expect(login.status).toBe(404);
    const audit = await fetch(`${url}/edge/api/audit`, { headers: { cookie } });
    expect(await audit.json()).toMatchObject({ code: "wrong-role" });
  });
});

test("a gateway that serves its page itself, or a prefix that is none, is told", async () => {
  page = await gateway.page({ prefix: "/a/b" });
  const both = await gatewayOf({ ...config(), web: { port: 0 } });
  await expect(both.page({ prefix: "/edge" })).rejects.toBeInstanceOf(Misconfigured);
  for (const prefix of ["", "/", "edge", "/edge/", "/e;dge", "//edge"]) {
    await expect(gateway.page({ prefix })).rejects.toBeInstanceOf(Misconfigured);
  }
});
