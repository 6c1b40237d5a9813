import type { Page } from "playwright-core";
import type { Lang } from "./commission.ts";
import { Technician } from "./technician.ts";

const SAID = {
  en: {
    raw: "Raw registers",
    shows: "What does the device's display show?",
    read: "Read now",
    apply: "Apply",
    saved: /^Saved as version \d+/,
    undo: "Undo",
    undone: "The version before is back.",
  },
  zh: {
    raw: "原始寄存器",
    shows: "设备显示屏上显示多少？",
    read: "立即读取",
    apply: "应用",
    saved: /^已保存为配置版本 \d+/,
    undo: "撤销",
    undone: "已恢复上一版本。",
  },
} as const;

/** A point whose number is nonsense, and what the device's display shows. */
export interface Nonsense {
  readonly url: string;
  readonly point: string;
  readonly shown: string;
  readonly lang: Lang;
  /** Called when the right meaning is chosen, and when it is applied. */
  readonly onScreen: (name: string) => Promise<void>;
}

/** From the point's page to the right meaning, applied: the clicks it takes. */
export async function mendNonsense(page: Page, given: Nonsense): Promise<number> {
  const said = SAID[given.lang];
  const person = new Technician(page);
  const point = given.point.split("/").map(encodeURIComponent).join("/");
  await page.goto(`${given.url}/#/points/${point}`);
  await person.click(page.getByRole("link", { name: said.raw }));
  await person.write(page.getByLabel(said.shows), given.shown);
  await person.click(page.getByRole("button", { name: said.read, exact: true }));
  await person.click(page.locator("li label").filter({ hasText: given.shown }).first());
  await given.onScreen("meaning");
  await person.click(page.getByRole("button", { name: said.apply, exact: true }));
  await page.getByText(said.saved).waitFor();
  await page.locator("dd").filter({ hasText: given.shown }).first().waitFor();
  await given.onScreen("applied");
  return person.clickCount;
}

/** Takes back what was applied. */
export async function undoMend(page: Page, lang: Lang): Promise<void> {
  await page.getByRole("button", { name: SAID[lang].undo, exact: true }).click();
  await page.getByText(SAID[lang].undone).waitFor();
}
