/** The stage of the buffer: how full each stream is, what it has cost, which key bounds it. */
export const overviewBuffer = `
const CAPACITY_KEYS = {
  events: "buffer.eventsCapacity", main: "buffer.capacity",
  history: "buffer.historyCapacity", media: "buffer.mediaCapacity",
};
/** At their limits streams stay a little below them; samples become minutes from 90 % on. */
const FULL_FROM = 0.97;
const THINNED_FROM = 0.88;
const fullnessOf = ({ usedBytes, ackedBytes, capacityBytesMax }) =>
  capacityBytesMax > 0 ? (usedBytes - ackedBytes) / capacityBytesMax : 0;
const droppedOf = ({ goneCounts }) => Object.entries(goneCounts)
  .reduce((total, [reason, n]) => total + (reason === "quarantined" ? 0 : n), 0);
/** The fullest, as the gateway tells them; of one that tells no streams, all in one. */
const fillsOf = ({ fills, usedBytes, ackedBytes, capacityBytesMax }) => {
  const all = { stream: "main", usedBytes, ackedBytes, capacityBytesMax };
  const known = fills.length > 0 ? fills : [{ ...all, thinnedCount: 0, goneCounts: {} }];
  return [...known].sort((a, b) => fullnessOf(b) - fullnessOf(a));
};
const problemOfFill = (fill) => {
  const { stream, usedBytes, capacityBytesMax, thinnedCount, goneCounts } = fill;
  const fullness = fullnessOf(fill);
  const key = CAPACITY_KEYS[stream];
  const values = {
    stream: say("stream_" + stream), key,
    used: size(usedBytes), capacity: size(capacityBytesMax),
  };
  const tell = (kind, name, todo) =>
    ({ kind, what: say(name, values), reason: "", todo: say(todo, values) });
  if (fullness > FULL_FROM && (goneCounts.capacity ?? 0) > 0) {
    return tell("failure", "full", "fullTodo");
  }
  if (stream === "main" && fullness > THINNED_FROM && thinnedCount > 0) {
    return tell("warning", "thinning", "fullTodo");
  }
  return fullness > 0.8 ? tell("warning", "filling", "fillingTodo") : null;
};
const problemOfLoss = ({ droppedCount, gapCount, fills }) => {
  if (droppedCount === 0) return null;
  const what = say("lost", { samples: count(droppedCount), gaps: count(gapCount) });
  const keys = fills.filter(({ goneCounts }) => (goneCounts.capacity ?? 0) > 0)
    .map(({ stream }) => CAPACITY_KEYS[stream]);
  const key = keys.length > 0 ? keys.join(", ") : CAPACITY_KEYS.main;
  return { kind: "failure", what, reason: "", todo: say("fullTodo", { key }) };
};
const problemOfBuffer = (buffer) => {
  const { problems } = buffer;
  if (problems.length > 0) {
    return { kind: "failure", what: problems.join("; "), reason: "", todo: say("bufferTodo") };
  }
  const ofFills = worstProblem(fillsOf(buffer).map(problemOfFill));
  return ofFills?.kind === "failure" ? ofFills : problemOfLoss(buffer) ?? ofFills;
};
const worstProblem = (found) => {
  const problems = found.filter((problem) => problem !== null);
  return problems.find(({ kind }) => kind === "failure") ?? problems[0] ?? null;
};
const problemOfClock = ({ clock }) => {
  if (clock === null || clock.isSynced) return null;
  const [what, todo] = [say("clockUnsure"), say("clockUnsureTodo")];
  return { kind: "warning", what, reason: clock.source, todo };
};
const clockText = ({ clock }) => {
  if (clock === null || clock.lastStep === null) return null;
  const { ms, atMs } = clock.lastStep;
  const key = ms < 0 ? "clockSetBack" : "clockSetForward";
  return say(key, { age: span(Math.abs(ms)), time: clockTime(atMs) });
};
/** What each stream takes, and what became of its samples since the buffer was new. */
const fillLines = ({ fills }) => fills.flatMap((fill) => {
  const { stream, usedBytes, capacityBytesMax, thinnedCount } = fill;
  const lines = [];
  if (stream === "events" || stream === "history") {
    const values = { used: size(usedBytes), capacity: size(capacityBytesMax) };
    lines.push(say(stream + "Used", values));
  }
  const dropped = droppedOf(fill);
  const what = say("stream_" + stream);
  const thinned = { stream: what, count: count(thinnedCount) };
  if (thinnedCount > 0) lines.push(say("everThinned", thinned));
  if (dropped > 0) lines.push(say("everDropped", { stream: what, count: count(dropped) }));
  return lines;
});
const bufferStage = ({ buffer }) => {
  const { media } = buffer;
  const fills = fillsOf(buffer);
  const isTight = fullnessOf(fills[0]) >= 0.5;
  const shown = (isTight ? null : fills.find(({ stream }) => stream === "main")) ?? fills[0];
  const uncommitted = buffer.appendedCount - buffer.committedCount;
  // Some always wait for the next commit: worth a word once they are more than that.
  const isLate = uncommitted > 10 * Math.max(1, perSecond("committed"));
  const stored = say("samplesStored", { rate: rate(perSecond("committed")) });
  const late = say("samplesUncommitted", { count: count(uncommitted) });
  const samples = isLate ? stored + say("comma") + late : stored;
  const pictures = media && say("pictures", {
    used: size(media.usedBytes), capacity: size(media.capacityBytesMax),
  });
  const lines = [samples, pictures, ...fillLines(buffer), clockText(buffer)];
  const used = shown.stream === "main" ? "bufferUsed" : "streamUsed";
  const values = {
    capacity: size(shown.capacityBytesMax), stream: say("stream_" + shown.stream),
  };
  return {
    figure: number(fullnessOf(shown) * 100, 1) + " %",
    label: say(used, values),
    detail: lines.filter((text) => text !== null).join("\\n"),
    problem: problemOfBuffer(buffer) ?? problemOfClock(buffer),
  };
};
`;
