import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtinDrivers } from "@headgate/drivers";
import { expect, test } from "vitest";
import { runGateway } from "./run.ts";

const WAIT = { timeout: 25_000, interval: 100 };

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

test("a configuration that is applied over HTTP is taken up, and kept in the file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "headgate-run-"));
  const path = join(folder, "gateway.yaml");
  const port = await closedPort();
  const config = (mean: number) =>
    JSON.stringify({
      gateway: { id: "pasture-07" },
      channels: { sim: { driver: "simulated" } },
      devices: { tank: { channel: "sim", scan: "100 ms", points: { t: { mean, amplitude: 0 } } } },
      web: { host: "127.0.0.1", port },
    });
  await writeFile(path, config(4));
  const stopping = new AbortController();
  const catalogue = { drivers: builtinDrivers, uplinks: {} };
  const running = runGateway({ path, level: "error" }, catalogue, stopping.signal);
  const ask = async (route: string, init: RequestInit = {}) => {
    const token = await readFile(join(folder, "data", "web", "local-token"), "utf8");
    const headers = { authorization: `Bearer ${token.trim()}`, ...init.headers };
    return await fetch(`http://127.0.0.1:${port}${route}`, { ...init, headers });
  };
  const json = async <T>(route: string) => (await (await ask(route)).json()) as T;
  const value = async () => {
    try {
      return (await json<{ value: number }[]>("/api/points"))[0]?.value;
    } catch {
      return null; // Between two lives nobody answers.
    }
  };
  try {
    await expect.poll(() => value(), WAIT).toBe(4);
    const { version, text } = await json<{ version: number; text: string }>("/api/config");
    const body = JSON.stringify({ text: text.replace('"mean":4', '"mean":7'), why: "warmer" });
    const put = { method: "PUT", body } as const;
    const type = { "content-type": "application/json" };
    const blind = await ask("/api/config", { ...put, headers: type });
    expect(blind.status).toBe(428);
    const late = await ask("/api/config", { ...put, headers: { ...type, "if-match": '"99"' } });
    expect(await late.json()).toMatchObject({ code: "changed-meanwhile", params: { version: 1 } });
    const headers = { ...type, "if-match": `"${version}"` };
    const applied = await ask("/api/config", { ...put, headers });
    expect(await applied.json()).toEqual({ version: 2, confirmWithinMs: null });
    await expect.poll(() => value(), WAIT).toBe(7);
    const [newest] = await json<object[]>("/api/config/versions");
    expect(newest).toMatchObject({ version: 2, who: "this machine", why: "warmer" });
    expect(JSON.parse(await readFile(path, "utf8"))).toEqual(JSON.parse(config(7)));
  } finally {
    stopping.abort();
    await running;
    await rm(folder, { recursive: true, force: true });
  }
});
