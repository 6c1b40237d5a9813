/** A line of a text and what became of it. */
export interface DiffLine {
  readonly kind: "same" | "old" | "new" | "skipped";
  readonly text: string;
}

/** Lines around a change that are shown with it. */
const AROUND = 3;
/** Above, what lies between the first and the last change is shown as replaced. */
const CELLS_MAX = 4_000_000;

/** How one text became another, line by line, with a few lines around each change. */
export function diffLines(old: string, next: string): readonly DiffLine[] {
  const [before, after] = [linesOf(old), linesOf(next)];
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (
    end < Math.min(before.length, after.length) - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  ) {
    end++;
  }
  const same = (text: string): DiffLine => ({ kind: "same", text });
  const middle = between(
    before.slice(start, before.length - end),
    after.slice(start, after.length - end),
  );
  const tail = end === 0 ? [] : before.slice(-end);
  return folded([...before.slice(0, start).map(same), ...middle, ...tail.map(same)]);
}

const linesOf = (text: string) => text.replace(/\n$/, "").split("\n");

function between(before: readonly string[], after: readonly string[]): DiffLine[] {
  const marked = (lines: readonly string[], kind: "old" | "new") =>
    lines.map((text): DiffLine => ({ kind, text }));
  if (before.length * after.length > CELLS_MAX) {
    return [...marked(before, "old"), ...marked(after, "new")];
  }
  const common = commonLengths(before, after);
  const width = after.length + 1;
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [one, other] = [before[i], after[j]];
    if (one !== undefined && one === other) {
      lines.push({ kind: "same", text: one });
      i++;
      j++;
    } else if (one !== undefined && (other === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: "old", text: one });
      i++;
    } else {
      lines.push({ kind: "new", text: other ?? "" });
      j++;
    }
  }
  return lines;
}

/** How many lines both have in common from each pair of places on. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint16Array {
  const width = after.length + 1;
  const common = new Uint16Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const [below, right] = [common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0];
      const diagonal = common[(i + 1) * width + j + 1] ?? 0;
      common[i * width + j] = before[i] === after[j] ? diagonal + 1 : Math.max(below, right);
    }
  }
  return common;
}

function folded(lines: readonly DiffLine[]): readonly DiffLine[] {
  const isNear = new Uint8Array(lines.length);
  for (const [index, { kind }] of lines.entries()) {
    if (kind !== "same") isNear.fill(1, Math.max(0, index - AROUND), index + AROUND + 1);
  }
  const shown: DiffLine[] = [];
  for (const [index, line] of lines.entries()) {
    if (isNear[index]) shown.push(line);
    else if (shown[shown.length - 1]?.kind !== "skipped") shown.push({ kind: "skipped", text: "" });
  }
  return shown;
}
