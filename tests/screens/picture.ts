import { writeFile } from "node:fs/promises";
import type { Page } from "playwright-core";

/** All pictures of the page stay below 3 MB. */
const QUALITY = 22;

/** What the window shows, as a small WebP. */
export async function savePicture(page: Page, path: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const options = { format: "webp", quality: QUALITY } as const;
  const { data } = await session.send("Page.captureScreenshot", options);
  await writeFile(path, Buffer.from(data, "base64"));
  await session.detach();
}
