import { overviewBuffer } from "./overview-buffer.ts";
import { overviewReasons } from "./overview-reasons.ts";
import { overviewStages } from "./overview-stages.ts";
import { overviewTexts } from "./overview-texts.ts";

/** What the page does: text and numbers in the reader's language. */
const words = `
const find = (id) => document.getElementById(id);
const put = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};
/** Told when one points at the element: a text cut short, or as the gateway said it. */
const explain = (element, whole) => {
  if (element.title !== whole) element.title = whole;
};
const remembered = () => {
  try { return localStorage.getItem("headgate.language"); }
  catch { return null; /* storage may be forbidden: the browser's language serves */ }
};
const remember = (chosen) => {
  try { localStorage.setItem("headgate.language", chosen); }
  catch { /* storage may be forbidden: the choice holds until the page is left */ }
};
const preferred = () => (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
let language = TEXTS[remembered()] ? remembered() : preferred();

const say = (key, values = {}) =>
  TEXTS[language][key].replace(/{([a-z]+)}/g, (whole, name) => values[name] ?? whole);
const number = (value, digits) =>
  new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
const reasonText = (reason) => (language === "zh" ? reasonInChinese(reason) : reason);
const count = (value) => number(value, 0);
const rate = (value) => number(value, value < 10 ? 1 : 0);
const size = (bytes) => {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let step = 0;
  while (bytes >= 1024 && step < units.length - 1) { bytes /= 1024; step++; }
  return number(bytes, bytes < 10 ? 1 : 0) + " " + units[step];
};
const span = (ms) => {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 120) return say("seconds", { n: s });
  if (s < 7200) return say("minutes", { n: Math.floor(s / 60) });
  if (s < 172800) return say("hours", { n: Math.floor(s / 3600) });
  return say("days", { n: Math.floor(s / 86400) });
};
const clockTime = (ms) => new Date(ms).toLocaleTimeString(language, { hour12: false });
const valueText = ({ value, isInteger64 }) => {
  // Exact: as a number it would lose its last digits.
  if (isInteger64) return BigInt(value).toLocaleString(language);
  if (value === null) return "\\u2014";
  if (typeof value === "boolean") return say(value ? "on" : "off");
  if (typeof value === "string") return value;
  const amount = Math.abs(value);
  if (amount === 0 || (amount >= 0.001 && amount < 1e15)) return number(value, 4);
  return value.toPrecision(4);
};
`;

/** Status to screen; all text goes in as text, never as markup. */
const drawing = `
const drawStage = (id, { figure, label, detail, problem }) => {
  const card = find("stage-" + id);
  const part = (name) => card.querySelector("." + name);
  put(part("figure"), figure);
  put(part("label"), label);
  put(part("detail"), detail);
  card.dataset.lines = detail.includes("\\n") ? "many" : "one";
  card.dataset.kind = problem ? problem.kind : "none";
  part("problem").hidden = problem === null;
  if (problem === null) return;
  part("mark").dataset.kind = problem.kind;
  put(part("what").lastElementChild, problem.what);
  put(part("reason"), reasonText(problem.reason));
  explain(part("reason"), problem.reason);
  put(part("todo"), problem.todo);
};
const make = (name, className, text = "") => {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
};
const makeMark = (kind) => {
  const mark = make("span", "mark");
  mark.dataset.kind = kind;
  return mark;
};
const drawParts = (list, parts, describe) => {
  const rows = worstFirst(parts).map((part) => {
    const item = make("li", "");
    const row = make("div", "row");
    const { kind, sinceMs, reason } = part.state;
    item.dataset.kind = kindOf(part);
    const state = say(kind) + (sinceMs ? " · " + span(nowMs() - sinceMs) : "");
    row.append(makeMark(kindOf(part)), make("span", "name", part.id));
    row.append(make("span", "state", state));
    item.append(row, make("div", "quiet", describe(part)));
    if (reason) {
      const why = make("p", "reason", reasonText(reason));
      why.title = reason;
      item.append(why, make("p", "reason quiet", retry(part)));
    }
    return item;
  });
  list.replaceChildren(...rows);
};
const describeChannel = ({ driver, devices, counters }) => {
  const parts = [driver, devices.slice(0, 4).join(", ") + (devices.length > 4 ? " …" : "")];
  if (counters.scanCount > 0) parts.push(say("scans", { ms: count(counters.lastScanMs) }));
  const missed = counters.missedScanCount;
  if (missed > 0) parts.push(say("missedScans", { count: count(missed) }));
  return parts.join(" · ");
};
const describeUplink = ({ type, backlog }) =>
  type + " · " + say("backlog", { count: count(backlog.blocks) });

const drawStatus = () => {
  if (status === null) return;
  const drawn = {
    field: fieldStage(status), points: pointsStage(status),
    buffer: bufferStage(status), upstream: upstreamStage(status),
  };
  for (const id of Object.keys(drawn)) drawStage(id, drawn[id]);
  drawParts(find("channels"), status.channels, describeChannel);
  drawParts(find("uplinks"), status.uplinks, describeUplink);
  const name = status.gateway.name || status.gateway.id;
  put(find("gateway"), name);
  document.title = name + " · Headgate";
  put(find("version"), "Headgate " + status.gateway.version);
  const wrong = Object.values(drawn).filter(({ problem }) => problem).length;
  const summary = wrong === 0 ? "allWell" : wrong === 1 ? "attentionOne" : "attentionMany";
  put(find("summary"), say(summary, { count: wrong }));
  const age = say("runningFor", { age: span(nowMs() - status.startedMs) });
  put(find("clock"), clockTime(nowMs()) + " · " + age);
};

const ROWS_MAX = 200;
/** On a narrow screen a longer value has a line of its own, so that the name keeps its place. */
const SHORT_MAX = 16;
const qualityOrder = { bad: 0, silent: 1, uncertain: 2, good: 3 };
const qualityKind = { bad: "failure", silent: "busy", uncertain: "warning", good: "none" };
const drawRow = (row, point) => {
  const [id, value, quality, age, reason] = row.cells;
  row.dataset.kind = qualityKind[point.quality];
  const hasName = point.name !== point.id.slice(point.id.lastIndexOf("/") + 1);
  put(id.firstChild, hasName ? point.name : point.id);
  put(id.lastChild, hasName ? point.id : "");
  const text = valueText(point);
  const unit = point.value === null || !point.unit ? "" : " " + point.unit;
  row.dataset.length = text.length > SHORT_MAX ? "long" : "short";
  put(value.firstChild, text);
  put(value.lastChild, unit);
  explain(value, text + unit);
  quality.firstChild.firstChild.dataset.kind = qualityKind[point.quality];
  put(quality.firstChild.lastChild, say(point.quality));
  put(age, point.timestampMs === null ? "" : span(nowMs() - point.timestampMs));
  put(reason, reasonText(point.reason ?? ""));
  explain(reason, point.reason ?? "");
};
const makeRow = () => {
  const row = make("tr", "");
  for (const name of ["point", "value", "quality", "age", "reason"]) row.append(make("td", name));
  row.cells[0].append(make("span", "name"), make("span", "id"));
  row.cells[1].append(make("span", ""), make("span", "unit"));
  const quality = make("span", "");
  quality.append(makeMark("none"), make("span", ""));
  row.cells[2].append(quality);
  return row;
};
const drawPoints = () => {
  const wanted = find("search").value.trim().toLowerCase();
  const matches = points
    .filter(({ id, name }) => (id + "\\n" + name).toLowerCase().includes(wanted))
    .sort((a, b) => qualityOrder[a.quality] - qualityOrder[b.quality]);
  const shown = matches.slice(0, ROWS_MAX);
  const body = find("rows");
  while (body.rows.length < shown.length) body.append(makeRow());
  while (body.rows.length > shown.length) body.lastElementChild.remove();
  shown.forEach((point, index) => drawRow(body.rows[index], point));
  const key = matches.length > ROWS_MAX ? "shownFirst" : "shown";
  const figures = { shown: count(shown.length), total: count(points.length) };
  const isNone = shown.length === 0 && points.length > 0;
  put(find("shown"), isNone ? say("noMatch") : say(key, figures));
};
const drawContact = () => {
  const bar = find("contact");
  document.body.classList.toggle("old", problem !== null && status !== null);
  bar.hidden = problem === null;
  put(bar, problem === null ? "" : say(problem, { time: clockTime(answeredMs) }));
};
const draw = () => {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-text]")) {
    put(element, say(element.dataset.text));
  }
  const path = document.querySelector("[data-label]");
  path.setAttribute("aria-label", say(path.dataset.label));
  find("language").title = say("languageHint");
  drawStatus();
  drawPoints();
  drawContact();
};
`;

/** Asks the gateway while the page is seen, and says so when it does not answer. */
const asking = `
let status = null;
let points = [];
let problem = "loading";
let answeredMs = Date.now();
let aheadMs = 0;
const nowMs = () => Date.now() + aheadMs;
const trail = [];
const perSecond = (name) => {
  const first = trail[0];
  const last = trail[trail.length - 1];
  const seconds = first ? (last.atMs - first.atMs) / 1000 : 0;
  return seconds > 0 ? (last[name] - first[name]) / seconds : 0;
};
const takeStatus = (next) => {
  if (status !== null && status.startedMs !== next.startedMs) trail.length = 0;
  status = next;
  aheadMs = next.atMs - Date.now();
  const read = sum(next.channels, ({ counters }) => counters.sampleCount);
  const committed = next.buffer.committedCount;
  const backlog = Math.max(0, ...next.uplinks.map((uplink) => uplink.backlog.blocks));
  trail.push({ atMs: next.atMs, read, committed, backlog });
  if (trail.length > 11) trail.shift();
  answeredMs = Date.now();
  problem = null;
  drawStatus();
  drawContact();
};
const takePoints = (next) => {
  points = next;
  drawPoints();
};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const ask = async (path, take) => {
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), 4000);
  try {
    const answer = await fetch(path, { cache: "no-store", signal: ending.signal });
    if (answer.status === 503) return "starting";
    if (answer.status === 401 || answer.status === 403) return "noLogin";
    if (!answer.ok) throw new Error("answered " + answer.status);
    take(await answer.json());
    return null;
  } catch {
    return status === null ? "noContactYet" : "noContact"; // the bar on the page says it
  } finally {
    clearTimeout(timer);
  }
};
const keepAsking = async (path, take, { everyMs, onProblem }) => {
  for (;;) {
    const startedMs = performance.now();
    if (!document.hidden) {
      const found = await ask(path, take);
      if (found) onProblem(found);
    }
    // Many points take long to write and to read: the gateway has better things to do.
    await pause(Math.max(everyMs, 10 * (performance.now() - startedMs)));
  }
};
`;

const start = `
find("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  remember(language);
  draw();
});
find("search").addEventListener("input", drawPoints);
draw();
keepAsking("api/status", takeStatus, {
  everyMs: 1000,
  onProblem: (found) => { problem = found; drawStatus(); drawContact(); },
});
keepAsking("api/points", takePoints, { everyMs: 2000, onProblem: () => {} });
`;

const texts = JSON.stringify(overviewTexts).replaceAll("<", "\\u003c");

/** The script of the overview page, as one text whose hash the page's policy names. */
export const overviewScript = [
  '"use strict";',
  `const TEXTS = ${texts};`,
  words,
  asking,
  overviewReasons,
  overviewStages,
  overviewBuffer,
  drawing,
  start,
].join("\n");
