import type { Page } from "playwright-core";
import type { Carton } from "./carton.ts";
import { Technician } from "./technician.ts";

/** What the page says in each language where it is looked for. */
const SAID = {
  en: {
    claim: "Claim this gateway",
    places: "Other addresses (may be left empty)",
    look: "Look",
    done: /^done in /,
    add: /^Add \d+ devices$/,
    uplink: /No uplink yet/,
    broker: "Address of the MQTT broker",
    test: "Test",
    takes: "The broker takes our data.",
    addUplink: "Add",
    arrives: "Data arrives upstream",
    ago: /^last acknowledgement .* ago$/,
  },
  zh: {
    claim: "认领本网关",
    places: "其他地址（可不填）",
    look: "开始查找",
    done: /^已完成/,
    add: /^添加 \d+ 台设备$/,
    uplink: /还没有上行链路/,
    broker: "MQTT 服务器地址",
    test: "测试",
    takes: "服务器可以接收我们的数据。",
    addUplink: "添加",
    arrives: "数据已到达上游",
    ago: /^最近一次确认在/,
  },
} as const;
export type Lang = keyof typeof SAID;

export const OWNER = { name: "anna", password: "the cows come home at five" };

/** What it took. */
export interface Taken {
  readonly clickCount: number;
  readonly fieldCount: number;
  readonly deviceCount: number;
  readonly goodCount: number;
}

interface Look {
  readonly lang: Lang;
  /** Called on each screen, when it is whole. */
  readonly onScreen: (name: string) => Promise<void>;
}

/** From the carton to "data arrives upstream", as somebody does it who has never seen the page. */
export async function commission(
  page: Page,
  carton: Carton,
  { lang, onScreen }: Look,
): Promise<Taken> {
  const said = SAID[lang];
  const person = new Technician(page);
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
  // The code on the box's label leads here.
  await page.goto(`${carton.gateway.url}/#/login/${carton.claimCode}`);
  await person.write(page.locator("input[autocomplete=username]"), OWNER.name);
  await person.write(page.locator("input[type=password]"), OWNER.password);
  await onScreen("claim");
  await person.click(button(said.claim));

  await person.write(page.getByLabel(said.places), carton.places);
  await onScreen("find");
  await person.click(button(said.look));
  await page.locator("progress").waitFor();
  await onScreen("finding");
  await page.getByText(said.done).waitFor();
  const deviceCount = await page.locator("article.wanted").count();
  await onScreen("found");
  await person.click(button(said.add));

  // Straight to the overview, where values come in.
  await page.locator(".path .stage").nth(3).waitFor();
  await page.getByText("230.1").first().waitFor();
  await onScreen("values");
  await person.click(page.getByRole("link", { name: said.uplink }));

  await person.write(page.getByLabel(said.broker), carton.brokerUrl);
  await person.click(button(said.test));
  await page.getByText(said.takes).waitFor();
  await onScreen("uplink");
  await person.click(button(said.addUplink));
  await page.getByRole("heading", { name: said.arrives }).waitFor();
  await page.getByText(said.ago).waitFor();
  await onScreen("arrives");
  const { points } = await carton.gateway.status();
  const { clickCount, fieldCount } = person;
  return { clickCount, fieldCount, deviceCount, goodCount: points.good };
}
