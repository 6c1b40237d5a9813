import { expect, test } from "vitest";
import { createSampleView } from "../../testing/sample-view.ts";
import { plainPage } from "./plain-page.ts";

const view = createSampleView();
const status = view.status();

test.each(["en", "zh"] as const)("%s: values, states and links, without a script", (lang) => {
  if (!status) throw new Error("the sample has a status");
  const html = plainPage(status, view.points(), lang);
  for (const { id } of view.points()) expect(html).toContain(id);
  expect(html).toContain('<a href="../">');
  expect(html).not.toMatch(/<(script|style|img)/);
});

test("names of others are text", () => {
  if (!status) throw new Error("the sample has a status");
  const named = { ...status, gateway: { ...status.gateway, name: '<img src=x onerror="1">' } };
  expect(plainPage(named, [], "en")).toContain("&lt;img src=x onerror=&quot;1&quot;&gt;");
});
