import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { barriersOn, overflowOf, startBrowser } from "./peers/page-browser.ts";
import { RunningGateway } from "./peers/running-gateway.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, locale: "en-US" };
const OWNER = { name: "anna", password: "the cows come home at five" };
/** On a machine with other work. */
const WAIT_MS = 60_000;
const MS_MAX = 240_000;

let gateway: RunningGateway;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  gateway = await RunningGateway.prepare({
    channels: { sim: { driver: "simulated" } },
    devices: { tank: { channel: "sim", scan: "1 s", points: { temperature: { mean: 4 } } } },
  });
  gateway.start();
  browser = await startBrowser();
  page = await browser.newPage(PHONE);
  page.setDefaultTimeout(WAIT_MS);
  const codeFile = join(gateway.folder, "data/web/claim-code");
  const code = await vi.waitFor(
    async () => {
      expect((await gateway.status()).points.good).toBe(1);
      return await readFile(codeFile, "utf8");
    },
    { timeout: WAIT_MS, interval: 100 },
  );
  await page.goto(`${gateway.url}/#/login/${code.trim()}`);
  await page.getByLabel("Name").fill(OWNER.name);
  await page.getByLabel("Password").fill(OWNER.password);
  await page.getByRole("button", { name: "Claim this gateway" }).click();
  await page.getByRole("button", { name: "Log out" }).waitFor();
}, MS_MAX);
afterAll(async () => {
  await browser?.close();
  await gateway?.end();
});

const button = (name: string) => page.getByRole("button", { name, exact: true });

async function lookedAt(name: string): Promise<void> {
  expect([name, await barriersOn(page)]).toEqual([name, []]);
  expect([name, await overflowOf(page)]).toEqual([name, 0]);
}

/** Opens a draft, and writes into it as a person with a keyboard. */
async function edit(change: (config: Record<string, object>) => object): Promise<void> {
  await button("Edit").click();
  const area = page.getByLabel("The whole configuration (YAML)");
  const config = JSON.parse(await area.inputValue()) as Record<string, object>;
  await area.fill(JSON.stringify({ ...config, ...change(config) }));
  await page.getByRole("heading", { name: "What changes" }).waitFor();
}

const versionInUse = async () => (await gateway.ask("GET", "/api/config")).body;

/** While the page is served anew a word to it is lost, or too early: then it is said again. */
async function keep(wanted: { version: number }): Promise<void> {
  const saying = async () => {
    if (await button("Keep it").isVisible()) await button("Keep it").click({ timeout: 5_000 });
    return await versionInUse();
  };
  const patience = { timeout: WAIT_MS, interval: 500 };
  await expect.poll(saying, patience).toMatchObject({ ...wanted, probation: null });
}

test(
  "draft, live test, difference, apply, keep within 90 s, and back again",
  async () => {
    await page.goto(`${gateway.url}/#/config`);
    await edit((config) => ({
      web: { ...config.web, anonymous: "viewer" },
      devices: {
        ...config.devices,
        pump: { channel: "sim", points: { speed: { mean: 1450, amplitude: 0, unit: "1/min" } } },
      },
    }));
    const draft = page.locator("section", { has: page.locator("#draft") });
    await draft.getByText("Device pump").first().waitFor();
    await draft.getByText("It could cut off the gateway").waitFor();
    await lookedAt("draft");

    await button("Test it").click();
    await draft.getByText("Read: 1 of 1 points.").waitFor();
    await draft.getByText("pump/speed = 1450 1/min").waitFor();
    await lookedAt("test");
    // Looked at, and nothing of it is in use.
    expect(await versionInUse()).toMatchObject({ version: 1, probation: null });

    await page.getByLabel("Why").fill("a pump");
    await button("Apply").click();
    await page.getByText(/^Version 2 goes back in \d+ s\.$/).waitFor();
    await lookedAt("probation");
    await keep({ version: 2 });
    await page.getByText(/^Version 2 goes back/).waitFor({ state: "detached" });
    await page.getByText("In use: version 2, by anna").waitFor();

    await edit(({ web }) => ({
      ...{ channels: {}, devices: {} },
      web: { ...web, anonymous: "none" },
    }));
    await button("Apply").click();
    await page.getByText(/^Version 3 goes back in \d+ s\.$/).waitFor();
    await button("Go back now").click();
    await page.getByText(/^Version 3 goes back/).waitFor({ state: "detached" });
    // What was there before is a version of its own again.
    await expect
      .poll(async () => (await versionInUse()) as { version: number }, { timeout: WAIT_MS })
      .toMatchObject({ version: 4, probation: null });
    const devices = async () => (await gateway.ask("GET", "/api/devices")).body;
    const back = [{ id: "tank" }, { id: "pump" }];
    await expect.poll(devices, { timeout: WAIT_MS }).toMatchObject(back);
    await page.getByText("In use: version 4").waitFor();
    await lookedAt("versions");
  },
  MS_MAX,
);

const isServing = () =>
  gateway.status().then(
    () => true,
    () => false,
  );

test(
  "what went back by itself stands on the overview until somebody has seen it",
  async () => {
    await expect.poll(isServing, { timeout: WAIT_MS }).toBe(true);
    const { version } = (await versionInUse()) as { version: number };
    const { body } = await gateway.ask("GET", "/api/config");
    const config = JSON.parse((body as { text: string }).text) as { web: object };
    const text = JSON.stringify({ ...config, web: { ...config.web, anonymous: "none" } });
    const wanted = { body: { text, why: "nobody looks" }, version };
    expect((await gateway.ask("PUT", "/api/config", wanted)).ok).toBe(true);
    // It ends twice before anybody says that it may stay.
    for (let times = 0; times < 2; times++) {
      await expect.poll(isServing, { timeout: WAIT_MS }).toBe(true);
      await gateway.stop();
      gateway.start();
    }
    await expect.poll(isServing, { timeout: WAIT_MS }).toBe(true);
    await expect.poll(versionInUse, { timeout: WAIT_MS }).toMatchObject({ version: version + 2 });
    await page.goto(`${gateway.url}/#/`);
    await page.reload();
    const note = page.locator("section", { hasText: "The configuration went back by itself" });
    await note.getByText(`it began twice with version ${version + 1}`).waitFor();
    await page.locator("main.old").waitFor({ state: "detached" });
    await lookedAt("went back");
    await note.getByRole("button", { name: "Seen", exact: true }).click();
    await note.waitFor({ state: "detached" });
    expect((await gateway.ask("GET", "/api/roll-backs")).body).toEqual([]);
  },
  MS_MAX,
);
