import type { CellOutcome } from "./run-field-cell.ts";

/** Rounds after a fault's end within which everything must be good again. */
export const RECOVERY_ROUNDS_MAX = 2;

/** Whether one cell is as promised. */
export function isAsPromised({ wrong, recoveryRounds }: CellOutcome): boolean {
  return wrong.length === 0 && recoveryRounds !== null && recoveryRounds <= RECOVERY_ROUNDS_MAX;
}

/** A Markdown table, a line a cell. */
export function fieldTable(outcomes: readonly CellOutcome[]): string {
  const head = [
    "fault",
    "transport",
    "peer",
    "rounds",
    "good",
    "bad",
    "wrong",
    "recovery",
    "bad, mostly",
  ];
  const rows = outcomes.map((outcome) => {
    const { fault, transport, peer } = outcome.cell;
    const { rounds, goodCount, badCount, wrong, recoveryRounds, recoveryMs } = outcome;
    const recovery = `${recoveryRounds ?? "none"} (${(recoveryMs / 1000).toFixed(1)} s)`;
    const counts = [rounds, goodCount, badCount, wrong.length];
    return [fault.name, transport, peer, ...counts, recovery, mostReason(outcome)];
  });
  const lines = [head, head.map(() => "-"), ...rows].map((row) => `|${row.join("|")}|`);
  return `${lines.join("\n")}\n`;
}

function mostReason({ reasons }: CellOutcome): string {
  const [most] = [...reasons].sort((a, b) => b[1] - a[1]);
  return most ? most[0].replaceAll("|", "/").slice(0, 70) : "";
}
