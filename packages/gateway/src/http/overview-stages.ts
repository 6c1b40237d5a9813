/** The four stages: what each shows, what is wrong with it, and what to do. */
export const overviewStages = `
const isDown = ({ state }) => state.kind === "waiting" || state.kind === "parked";
const kindOf = ({ state }) =>
  ({ parked: "failure", waiting: "warning", opening: "busy" })[state.kind] ?? "none";
const severity = ["failure", "warning", "busy", "none"];
const worstFirst = (parts) =>
  [...parts].sort((a, b) => severity.indexOf(kindOf(a)) - severity.indexOf(kindOf(b)));
const retry = ({ state }) => {
  const ms = state.retryAtMs - nowMs();
  return ms > 500 ? say("retryIn", { age: span(ms) }) : say("retryNow");
};
const problemOfParts = (parts, todo) => {
  const down = worstFirst(parts.filter(isDown));
  if (down.length === 0) return null;
  const [first] = down;
  const more = down.length > 1 ? " (" + say("moreDown", { count: down.length - 1 }) + ")" : "";
  return {
    kind: kindOf(first),
    what: first.id + ": " + say(first.state.kind) + more,
    reason: first.state.reason,
    todo: say("todoAndRetry", {
      todo: say(first.state.kind === "parked" ? "parkedTodo" : todo), retry: retry(first),
    }),
  };
};
const missing = (key) => ({ kind: "warning", what: say(key), reason: "", todo: say(key + "Todo") });
const sum = (parts, take) => parts.reduce((total, part) => total + take(part), 0);
const upCount = (parts) => parts.filter(({ state }) => state.kind === "up").length;

const fieldStage = ({ channels }) => ({
  figure: upCount(channels) + " / " + channels.length,
  label: say("channelsUp"),
  detail: say("devices", { count: count(sum(channels, ({ devices }) => devices.length)) }),
  problem: channels.length === 0 ? missing("noChannel") : problemOfParts(channels, "channelTodo"),
});
const pointsStage = ({ points, channels }) => {
  const total = points.good + points.uncertain + points.bad + points.silent;
  const parts = [
    [points.bad, "countBad"], [points.silent, "countSilent"], [points.uncertain, "countUncertain"],
  ].filter(([n]) => n > 0).map(([n, key]) => say(key, { count: count(n) }));
  const kind = points.bad > 0 ? "warning" : "busy";
  const wrong = { kind, what: parts.join(say("comma")), reason: "", todo: say("pointsTodo") };
  return {
    figure: count(points.good) + " / " + count(total),
    label: say("pointsGood"),
    detail: say("samplesRead", { rate: rate(perSecond("read")) }),
    problem: total === 0 ? missing("noPoint") : parts.length > 0 ? wrong : null,
  };
};
const problemOfSilence = (uplinks) => {
  for (const { id, silentReceivers } of uplinks) {
    if (silentReceivers.length === 0) continue;
    const names = silentReceivers.map((receiver) => receiver.id).join(", ");
    const age = span(Math.max(...silentReceivers.map(({ forMs }) => forMs)));
    const what = say("silentReceiver", { id, receiver: names, age });
    return { kind: "warning", what, reason: "", todo: say("silentReceiverTodo") };
  }
  return null;
};
const upstreamStage = ({ uplinks }) => {
  const blocks = Math.max(0, ...uplinks.map(({ backlog }) => backlog.blocks));
  const growth = perSecond("backlog");
  const isBehind = blocks > 20 && growth >= 0.1;
  const trend = blocks <= 3 || Math.abs(growth) < 0.1 ? "" : growth > 0 ? "growing" : "shrinking";
  const none = uplinks.length === 0 ? missing("noUplink") : null;
  const problem =
    none ?? problemOfParts(uplinks, "uplinkTodo") ?? problemOfSilence(uplinks);
  const leftMs = Math.max(0, ...uplinks.map(({ drainsInMs }) => drainsInMs ?? 0));
  const isLong = blocks > 20 && leftMs > 0;
  const lines = [say("uplinksUp", { up: upCount(uplinks), total: uplinks.length })];
  if (isLong) lines.push(say("drainsIn", { age: span(leftMs) }));
  for (const { id, pace } of uplinks) {
    if (!pace || !pace.month) continue;
    const { usedBytes, bytesMax } = pace.month;
    lines.push(say("monthUsed", { id, used: size(usedBytes), limit: size(bytesMax) }));
  }
  return {
    figure: count(blocks),
    label: say("blocksWaiting") + (trend ? say("comma") + say(trend) : ""),
    detail: lines.join("\\n"),
    problem: problem ?? (isBehind ? missing("behind") : null),
  };
};
`;
