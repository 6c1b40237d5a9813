import type { GatewayStatus } from "../../status.ts";
import type { DeviceView } from "../api/device-routes.ts";
import { type Html, html, table } from "./html.ts";
import { mib, sayReason, sayState, siteTime } from "./said.ts";
import type { Words } from "./texts.ts";
import { shareInUse, streamText, troubleCard, troublesOf } from "./troubles.ts";

/** From the field to upstream, and what needs somebody. */
export function overviewBody(status: GatewayStatus, words: Words): Html {
  const { say, span } = words;
  const { channels, points, buffer, uplinks, atMs } = status;
  const all = points.good + points.uncertain + points.bad + points.silent;
  const up = channels.filter(({ state }) => state.kind === "up").length;
  const acks = uplinks.flatMap(({ lastAckMs }) => lastAckMs ?? []);
  const ack =
    acks.length === 0 ? say("noAck") : say("lastAck", { age: span(atMs - Math.max(...acks)) });
  const n = Math.max(0, ...uplinks.map(({ backlog }) => backlog.blocks));
  const inUse = Math.max(0, ...buffer.fills.map(percentOf));
  const used = { used: mib(buffer.usedBytes), all: mib(buffer.capacityBytesMax) };
  const isUp = uplinks.filter(({ state }) => state.kind === "up").length;
  const { length } = channels;
  const steps = [
    step(say("field"), `${up} / ${length}`, say("channelsUp", { up, all: length })),
    step(say("points"), `${points.good} / ${all}`, say("pointsGood", { good: points.good, all })),
    step(say("buffer"), `${inUse} %`, say("used", used)),
    step(say("upstream"), `${isUp} / ${uplinks.length}`, `${ack} · ${say("waiting", { n })}`),
  ];
  return html`<ol class="steps">${steps}</ol>
<h2>${say("attention")}</h2>
${troubleList(status, words)}`;
}

function step(name: string, figure: string, about: string): Html {
  return html`<li><div class="card"><strong>${name}</strong>
<div class="figure">${figure}</div><div class="quiet">${about}</div></div></li>
`;
}

function troubleList(status: GatewayStatus, words: Words): Html {
  const troubles = troublesOf(status, words);
  if (troubles.length === 0) return html`<p class="card">${words.say("allWell")}</p>`;
  const timeOf = (atMs: number) => siteTime(atMs, status.gateway.timezone);
  return html`${troubles.map((trouble) => troubleCard(trouble, words, timeOf))}`;
}

/** Channels, and the devices on them. */
export function devicesBody(
  status: GatewayStatus,
  devices: readonly DeviceView[],
  words: Words,
  linkOf: (device: string) => string,
): Html {
  const { say } = words;
  const rows = devices.map(({ id, name, channel, unit, state, quality, lastSampleMs }) => {
    const all = quality.good + quality.uncertain + quality.bad + quality.silent;
    return [
      html`<a href="${linkOf(id)}">${name === id ? id : `${name} (${id})`}</a>`,
      channel,
      unit ?? "–",
      `${quality.good} / ${all}`,
      lastSampleMs === null ? "–" : say("ago", { age: words.span(status.atMs - lastSampleMs) }),
      sayState(state, words),
    ];
  });
  const heads = (["device", "channel", "unit", "good", "last", "state"] as const).map((text) =>
    say(text),
  );
  const channels = status.channels.map(({ id, driver, devices: own, state }) => {
    return [id, driver, own.length, sayState(state, words)];
  });
  const ofChannel = [say("channel"), say("driver"), say("devices"), say("state")];
  return html`${table(say("devices"), heads, rows)}
<h2>${say("channel")}</h2>
${table(say("channel"), ofChannel, channels)}`;
}

/** The ways upstream, and what the buffer keeps for them. */
export function uplinksBody(status: GatewayStatus, words: Words): Html {
  const { say, span } = words;
  const { uplinks, buffer, gateway, atMs } = status;
  const rows = uplinks.map(({ id, type, state, lastAckMs, backlog, drainsInMs }) => [
    `${id} (${type})`,
    sayState(state, words),
    lastAckMs === null
      ? say("noAck")
      : `${say("ago", { age: span(atMs - lastAckMs) })} · ${siteTime(lastAckMs, gateway.timezone)}`,
    backlog.blocks,
    drainsInMs === null ? "–" : span(drainsInMs),
  ]);
  const heads = [say("uplink"), say("state"), say("acked"), say("backlog"), say("drains")];
  const fills = buffer.fills.map((fill) => [
    say(streamText(fill.stream)),
    `${mib(fill.usedBytes)} / ${mib(fill.capacityBytesMax)} (${percentOf(fill)} %)`,
    Object.values(fill.goneCounts).reduce((sum, count) => sum + count, 0),
  ]);
  const none = html`<p class="card">${say("noUplink")}</p>`;
  return html`${uplinks.length === 0 ? none : table(say("uplinks"), heads, rows)}
<h2>${say("buffer")}</h2>
${table(say("buffer"), [say("stream"), say("inUse"), say("lost")], fills)}`;
}

const percentOf = (fill: Parameters<typeof shareInUse>[0]) => Math.round(shareInUse(fill) * 100);

/** What is wrong now, which points are bad, and the last change. */
export function alarmsBody(status: GatewayStatus, words: Words, bad: Html): Html {
  const { config, gateway, startedMs } = status;
  const { say, lang } = words;
  const time = (atMs: number) => siteTime(atMs, gateway.timezone);
  const { version = 0, who = "", atMs = 0 } = config ?? {};
  const change = say("version", { version, who: sayReason(who, lang), time: time(atMs) });
  return html`<h2>${say("attention")}</h2>
${troubleList(status, words)}
<h2>${say("badPoints")}</h2>
${bad}
<h2>${say("changes")}</h2>
<p>${say("runs", { time: time(startedMs), version: gateway.version })}</p>
${config === null ? null : html`<p>${change}</p>`}`;
}
