import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { headgate } from "./peers/headgate.ts";
import { barriersOn, overflowOf, startBrowser } from "./peers/page-browser.ts";
import { RunningGateway } from "./peers/running-gateway.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, locale: "zh-CN" };
const OWNER = { name: "老王", password: "草原上的奶牛五点回家啦" };
const SECOND = { name: "小李", password: "first password of li" };
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

/** Whoever is there leaves; the fields are those of the login then. */
async function enter({ name, password }: typeof OWNER): Promise<void> {
  await button("退出登录").click();
  await page.getByRole("heading", { name: "登录", exact: true }).waitFor();
  await page.getByLabel("用户名").fill(name);
  await page.getByLabel("密码", { exact: true }).fill(password);
  await button("登录").click();
  await button("退出登录").waitFor();
}

test(
  "a new box says that it is to be claimed; its owner lets somebody in, who takes a new password",
  async () => {
    const codeFile = join(gateway.folder, "data/web/claim-code");
    const code = await vi.waitFor(() => readFile(codeFile, "utf8"), { timeout: WAIT_MS });
    await vi.waitFor(() => gateway.status(), { timeout: WAIT_MS });
    await page.goto(`${gateway.url}/#/`);
    await page.getByRole("link", { name: "本网关尚未认领" }).click();
    await page.getByLabel("认领码").fill(code.trim());
    await page.getByLabel("用户名").fill(OWNER.name);
    await page.getByLabel("密码").fill(OWNER.password);
    await button("认领本网关").click();

    const people = page.locator("section", { has: page.locator("#people") });
    await people.getByText(OWNER.name).waitFor();
    await people.getByLabel("用户名").fill(SECOND.name);
    await people.locator("form select").selectOption("viewer");
    await people.getByLabel("密码", { exact: true }).fill(SECOND.password);
    await button("添加").click();
    await people.getByText("已完成").waitFor();
    await people.getByLabel(`${SECOND.name} 的角色`).selectOption("technician");
    await vi.waitFor(
      async () => {
        const { body } = await gateway.ask("GET", "/api/users");
        expect(body).toMatchObject([OWNER, { name: SECOND.name, role: "technician" }].map(named));
      },
      { timeout: WAIT_MS },
    );
    await lookedAt("people");

    const tokens = page.locator("section", { has: page.locator("#tokens") });
    await tokens.getByLabel("程序名称").fill("prometheus");
    await tokens.getByLabel("仅限这些路径").fill("/metrics");
    await button("生成").click();
    const secret = await tokens.getByText(/^hg_/).textContent();
    const headers = { authorization: `Bearer ${secret}` };
    const ofToken = async (path: string) => (await fetch(gateway.url + path, { headers })).status;
    expect([await ofToken("/metrics"), await ofToken("/api/status")]).toEqual([200, 403]);
    await page
      .locator("section", { has: page.locator("#sessions") })
      .getByText("本人")
      .waitFor();
    await lookedAt("tokens");
    await tokens.getByRole("button", { name: "删除 prometheus" }).click();
    await button("确认删除 prometheus").click();
    await vi.waitFor(async () => expect(await ofToken("/metrics")).toBe(401), { timeout: WAIT_MS });

    await enter(SECOND);
    await page.getByText("角色：技术员").waitFor();
    expect(await page.locator("#people").count()).toBe(0);
    await page.getByLabel("现在的密码").fill(SECOND.password);
    await page.getByLabel("新密码").fill("second password of li");
    await button("修改密码").click();
    await page.getByText("密码已修改").waitFor();
    await enter({ ...SECOND, password: "second password of li" });

    await enter(OWNER);
    await button("删除").click();
    await button(`确认删除 ${SECOND.name}`).click();
    await people.getByText("已完成").waitFor();
    expect((await gateway.ask("GET", "/api/users")).body).toHaveLength(1);
  },
  MS_MAX,
);

test(
  "an admin downloads a backup that the passphrase opens, typed twice and shown nowhere",
  async () => {
    const words = "老井边上有一棵大柳树哦哦";
    await page.goto(`${gateway.url}/#/system`);
    const card = page.locator("section", { has: page.locator("#backup") });
    await card.getByLabel("备份口令").fill(words);
    await card.getByLabel("再输入一次").fill("别的话");
    await card.getByText("两次输入不一致").waitFor();
    expect(await button("下载备份").isDisabled()).toBe(true);
    await lookedAt("backup");
    await card.getByLabel("再输入一次").fill(words);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      button("下载备份").click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^bad-weather-[\d-]{10}\.hgb$/);
    await card.getByText("备份已下载").waitFor();
    expect(await card.getByLabel("备份口令").inputValue()).toBe("");
    const file = join(gateway.folder, "page.hgb");
    await download.saveAs(file);
    await writeFile(join(gateway.folder, "words"), words);
    const from = ["--passphrase-file", join(gateway.folder, "words")];
    const { code, out } = await headgate("restore", file, "--check", ...from);
    expect([code, out]).toEqual([0, expect.stringContaining("all proved")]);
    const log = JSON.stringify(await gateway.log());
    expect(log).not.toContain(words);
    const { body } = await gateway.ask("GET", "/api/audit");
    expect(JSON.stringify(body)).toContain("backup.take");
  },
  MS_MAX,
);

const named = ({ password: _, ...user }: { name: string; password?: string; role?: string }) =>
  user;
