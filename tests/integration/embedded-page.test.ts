import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { simulatedDriver } from "@headgate/drivers/simulated";
import { createGateway, type EmbeddedPage, type Gateway } from "@headgate/gateway";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { barriersOn, overflowOf, startBrowser } from "./peers/page-browser.ts";

// A gateway in another program's server tells nothing to strangers: a browser must find the way in.

const OWNER = { name: "ann", password: "cows come home at five" };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, locale: "en-GB" };
/** On a machine with other work. */
const WAIT_MS = 60_000;
const MS_MAX = 240_000;

let folder: string;
let gateway: Gateway;
let embedded: EmbeddedPage;
let server: Server;
let browser: Browser;
let running: Promise<void>;
const stopping = new AbortController();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-embedded-"));
  gateway = await createGateway({
    config: {
      ...{ gateway: { id: "my-app" }, buffer: { path: folder, capacity: "16 MiB" }, web: false },
      channels: { waves: { driver: "simulated" } },
      devices: { tank: { channel: "waves", scan: "1 s", points: { level: { mean: 900 } } } },
    },
    drivers: [simulatedDriver],
    uplinks: [],
  });
  running = gateway.run(stopping.signal);
  embedded = await gateway.page({ prefix: "/edge", isHttps: false });
  server = createServer(embedded.handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  browser = await startBrowser();
}, MS_MAX);
afterAll(async () => {
  await browser?.close();
  await embedded?.close();
  server?.close();
  stopping.abort();
  await running;
  await rm(folder, { recursive: true, force: true });
});

test(
  "a stranger is led to the claim, later to the login, and from there to what the gateway tells",
  async () => {
    const page = await browser.newPage(PHONE);
    page.setDefaultTimeout(WAIT_MS);
    const { port } = server.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/edge`);
    const link = (name: string) => page.getByRole("alert").getByRole("link", { name, exact: true });
    await link("Claim this gateway").waitFor();
    expect([await barriersOn(page), await overflowOf(page)]).toEqual([[], 0]);
    await link("Claim this gateway").click();

    const codeFile = join(folder, "web/claim-code");
    const code = await vi.waitFor(() => readFile(codeFile, "utf8"), { timeout: WAIT_MS });
    await page.getByLabel("Claim code").fill(code.trim());
    await page.getByLabel("Name").fill(OWNER.name);
    await page.getByLabel("Password").fill(OWNER.password);
    await page.getByRole("button", { name: "Claim this gateway" }).click();
    await page.getByRole("button", { name: "Log out" }).click();

    await page.getByRole("heading", { name: "Log in", exact: true }).waitFor();
    await page.goto(`http://127.0.0.1:${port}/edge/`);
    await link("Log in first.").click();
    await page.getByLabel("Name").fill(OWNER.name);
    await page.getByLabel("Password").fill(OWNER.password);
    await page.getByRole("button", { name: "Log in", exact: true }).click();
    await page.getByRole("button", { name: "Log out" }).waitFor();
    await page.goto(`http://127.0.0.1:${port}/edge/#/points/tank/level`);
    await page.getByText("tank/level").first().waitFor();
    await page.reload();
    await page.getByText("tank/level").first().waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ path: "/edge", httpOnly: true, secure: false });
  },
  MS_MAX,
);
