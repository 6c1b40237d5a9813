import type { Outcome } from "./simulation.ts";

/** One line of what became of a seed; of a broken one all that leads to it. */
export function tellOutcome({ seed, violation, ...figures }: Outcome): string {
  const { virtualMs, storedCount, thinnedCount, lostCount, catchUpS, liveLatencyMs } = figures;
  const seconds = Math.round(virtualMs / 1000);
  if (!violation) {
    const counts = `${storedCount} samples stored, ${thinnedCount} thinned, ${lostCount} in gaps`;
    const times = `caught up in ${catchUpS} s, live within ${liveLatencyMs} ms`;
    return `seed ${seed}: ${seconds} s, ${counts}, ${times}`;
  }
  const at = (violation.atMs / 1000).toFixed(3);
  const events = violation.lastEvents.map((event) => `  ${event}`).join("\n");
  const what = `seed ${seed}: broken at ${at} s: ${violation.text}`;
  return `${what}\n${events}\n  again: pnpm simulate --seed ${seed}`;
}
