import { describe, expect, it } from "vitest";
import { createSampleView } from "../../../testing/sample-view.ts";
import { Html, html } from "./html.ts";
import { askedPoints, pageNumbers } from "./points.ts";
import { overviewBody } from "./screens.ts";
import { BASIC_STYLE } from "./style.ts";
import { wordsIn } from "./texts.ts";
import { troublesOf } from "./troubles.ts";

const view = createSampleView();
const status = view.status();
if (!status) throw new Error("the sample has a status");
const { atMs } = status;

describe("markup", () => {
  it("shows text of others, and runs none of it", () => {
    const name = `<img src=x onerror='1'>&"`;
    expect(html`<b title="${name}">${[name, 1, null, html`<i>`]}</b>`.text).toBe(
      '<b title="&lt;img src=x onerror=&#39;1&#39;&gt;&amp;&quot;">' +
        "&lt;img src=x onerror=&#39;1&#39;&gt;&amp;&quot;1<i></b>",
    );
  });

  it("has a style that ends where it should", () => {
    expect(BASIC_STYLE).not.toContain("<");
    expect(new Html(BASIC_STYLE).text).toBe(BASIC_STYLE);
  });
});

describe("points", () => {
  const points = view.points();
  const asked = { page: 1, search: "", show: "all" } as const;
  const ids = (found: ReturnType<typeof askedPoints>) => found.map(({ point }) => point.id);

  it("come abnormal first, then as they are configured", () => {
    expect(ids(askedPoints(points, asked, atMs))).toEqual([
      "main-meter/power",
      "milk-tank/temperature",
      "milk-tank/total",
    ]);
    const old = askedPoints(points, asked, atMs + 60_000);
    expect(old.map(({ mark }) => mark)).toEqual(["bad", "stale", "stale"]);
  });

  it("are searched for in id, name and unit", () => {
    expect(ids(askedPoints(points, { ...asked, search: " TEMP" }, atMs))).toHaveLength(1);
    expect(ids(askedPoints(points, { ...asked, search: "°c" }, atMs))).toHaveLength(1);
    expect(ids(askedPoints(points, { ...asked, show: "abnormal" }, atMs))).toHaveLength(1);
  });

  it("have page numbers at both ends and around", () => {
    expect(pageNumbers(1, 1)).toEqual([1]);
    expect(pageNumbers(50, 100)).toEqual([1, 47, 48, 49, 50, 51, 52, 53, 100]);
  });
});

describe("what needs somebody", () => {
  it.each(["en", "zh"] as const)("is told in %s, failures first", (lang) => {
    const words = wordsIn(lang);
    const told = troublesOf(status, words);
    expect(told.map(({ kind }) => kind)).toEqual(["failure", "warning"]);
    expect(told[0]?.what).toContain("bus-1");
    expect(overviewBody(status, words).text).toContain("2 / 3");
  });

  it("is nothing where all is well", () => {
    const up = { ...status, points: { ...status.points, bad: 0 }, channels: [] };
    expect(troublesOf(up, wordsIn("en"))).toEqual([]);
  });
});

it("a span has the largest unit of which there are two", () => {
  const { span } = wordsIn("en");
  expect([0, 119_000, 120_000, 7_200_000, 172_800_000].map(span)).toEqual([
    ...["0 s", "119 s", "2 min", "2 h", "2 d"],
  ]);
});
