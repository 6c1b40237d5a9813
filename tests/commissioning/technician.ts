import type { Locator, Page } from "playwright-core";

/** What a page may take to show what it is waited for, on a machine with other work. */
const WAIT_MS = 120_000;

/** Works a page by hand: each click and each field that is filled is counted. */
export class Technician {
  readonly page: Page;
  clickCount = 0;
  fieldCount = 0;

  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(WAIT_MS);
  }

  async click(target: Locator): Promise<void> {
    this.clickCount++;
    await target.click();
  }

  /** A field is clicked first, as with a finger. */
  async write(field: Locator, text: string): Promise<void> {
    await this.click(field);
    this.fieldCount++;
    await field.fill(text);
  }
}
