import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { barriersOn, overflowOf, startBrowser } from "./peers/page-browser.ts";
import { RunningGateway } from "./peers/running-gateway.ts";

// What leaves the box in clear is what somebody wanted so; a login that is typed stays no text.

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, locale: "en-US" };
const OWNER = { name: "anna", password: "the cows come home at five" };
const PLAIN = "mqtt://broker.invalid:1883";
const TYPED = "grass, not hay";
/** On a machine with other work. */
const WAIT_MS = 60_000;
const MS_MAX = 240_000;

let gateway: RunningGateway;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  gateway = await RunningGateway.prepare({
    channels: { sim: { driver: "simulated" } },
    devices: { tank: { channel: "sim", points: { temperature: { mean: 4 } } } },
  });
  gateway.start();
  browser = await startBrowser();
  page = await browser.newPage(PHONE);
  page.setDefaultTimeout(WAIT_MS);
  const codeFile = join(gateway.folder, "data/web/claim-code");
  const code = await vi.waitFor(
    async () => {
      await gateway.status();
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
const current = async () =>
  (await gateway.ask("GET", "/api/config")).body as { version: number; text: string };
const fileText = () => readFile(join(gateway.folder, "gateway.yaml"), "utf8");

test(
  "the API takes it from nobody, and tries it for nobody, who does not say so",
  async () => {
    const { version, text } = await current();
    const withUplink = (own: object) => {
      const uplinks = { cloud: { type: "mqtt", url: PLAIN, ...own } };
      return JSON.stringify({ ...parse(text), uplinks });
    };
    const put = { version, body: { text: withUplink({}), why: "no" } };
    const refused = await gateway.ask("PUT", "/api/config", put);
    expect(refused.body).toMatchObject({
      code: "invalid",
      errors: [{ path: "uplinks.cloud.url", code: "plain-uplink" }],
    });
    const tried = await gateway.post("/api/uplinks/test", { settings: { url: PLAIN } });
    expect(tried.body).toMatchObject({ status: 400, code: "misconfigured" });
    const settings = { url: PLAIN, allowPlain: true };
    const allowed = await gateway.post("/api/uplinks/test", { settings });
    expect(allowed.body).toMatchObject({ isGood: false, steps: [{ step: "name" }] });
    const checked = await gateway.post("/api/config/check", {
      text: withUplink({ allowPlain: true }),
    });
    expect(checked.body).toMatchObject({ isGood: true, mistakes: [] });
  },
  MS_MAX,
);

test(
  "a technician is told, ticks it, and the password that was typed is a file",
  async () => {
    await page.goto(`${gateway.url}/#/uplinks/new`);
    const address = page.getByLabel("Address of the MQTT broker");
    const tick = page.getByRole("checkbox", { name: /^Send it unencrypted/ });
    await address.fill("broker.invalid");
    await expect.poll(() => button("Test").isEnabled()).toBe(true);
    expect(await tick.count()).toBe(0);
    await address.fill(PLAIN);
    await tick.waitFor();
    expect(await button("Test").isEnabled()).toBe(false);
    expect(await button("Add").isEnabled()).toBe(false);
    expect([await barriersOn(page), await overflowOf(page)]).toEqual([[], 0]);
    await tick.check();
    await page.getByLabel("User (may be left empty)").fill("edge");
    await page.getByLabel("Password").fill(TYPED);
    await button("Test").click();
    await button("Add anyway").click();
    await vi.waitFor(async () => expect(await fileText()).toContain(PLAIN), { timeout: WAIT_MS });
    const { upstream } = parse(await fileText()).uplinks;
    expect(upstream).toMatchObject({
      ...{ url: PLAIN, allowPlain: true, username: "edge" },
      password: `\${secret:upstream-password}`,
    });
    const secret = join(gateway.folder, "data/secrets/upstream-password");
    expect(await readFile(secret, "utf8")).toBe(`${TYPED}\n`);
    expect((await stat(secret)).mode & 0o777).toBe(0o600);
    const log = JSON.stringify(await gateway.log());
    expect([await fileText(), log].some((text) => text.includes(TYPED))).toBe(false);
  },
  MS_MAX,
);

test(
  "a new gateway refuses a file without it at the start; one from before goes on, and warns",
  async () => {
    const { version } = await current();
    const keep = () => gateway.post("/api/config/confirm", { version, anyway: true });
    await expect.poll(async () => (await keep()).body, { timeout: WAIT_MS }).toEqual({ version });
    expect(await gateway.stop()).toBe(0);
    const { uplinks, ...others } = parse(await fileText());
    const { allowPlain: _, ...upstream } = uplinks.upstream;
    const silent = JSON.stringify({ ...others, uplinks: { upstream } });
    await writeFile(join(gateway.folder, "gateway.yaml"), silent);
    gateway.start();
    const ends = () => gateway.surprises.join();
    await expect.poll(ends, { timeout: WAIT_MS }).toMatch(/ended by itself \(2\)/);

    await rm(join(gateway.folder, "data/config/plain-before.json"));
    gateway.start();
    await vi.waitFor(async () => await gateway.status(), { timeout: WAIT_MS, interval: 100 });
    const warned = await gateway.log("last");
    expect(warned.filter(({ msg }) => msg.startsWith("an uplink sends in clear"))).toHaveLength(1);
    expect((await current()).text).not.toContain("allowPlain");
  },
  MS_MAX,
);
