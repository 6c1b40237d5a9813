import type { Clock, Log } from "@headgate/model";
import { BY_ITSELF, type Probation, type Unproved } from "./probation.ts";

/** How often it is seen whether uplinks have proved themselves. */
const PROOF_MS = 500;
/** What could not be written is tried again so often. */
const AGAIN_MS = 10_000;

/** A configuration as far as a version on probation goes. */
interface OnProbation {
  probation(): Probation | null;
  unproved(unproved: Unproved): readonly string[];
  confirm(version: number, proof: { unproved: Unproved; anyway: boolean }): Promise<void>;
  rollBack(who: string, why: string): Promise<void>;
}

interface Watching {
  readonly unproved: Unproved;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Takes back what nobody confirms and what does not prove itself, until the signal aborts. */
export async function watchProbation(
  configuration: OnProbation,
  { unproved, clock, log, signal }: Watching,
): Promise<void> {
  const probation = configuration.probation();
  if (!probation) return;
  const { version, needsWord } = probation;
  const isOver = () => signal.aborted || configuration.probation()?.version !== version;
  /** Again and again: a full disk must not keep a version that cut somebody off. */
  const insist = async (deed: () => Promise<void>, what: string) => {
    while (!isOver()) {
      try {
        await deed();
        return;
      } catch (error) {
        if (isOver()) return;
        log.error(`version ${version} of the configuration could not be ${what} yet`, { error });
        await clock.sleep(AGAIN_MS, signal);
      }
    }
  };
  for (let leftMs = probation.leftMs; leftMs > 0; ) {
    await clock.sleep(Math.min(leftMs, PROOF_MS), signal);
    if (isOver()) return;
    if (!needsWord && configuration.unproved(unproved).length === 0) {
      await insist(() => configuration.confirm(version, { unproved, anyway: true }), "kept");
      if (signal.aborted) return;
      log.info(`version ${version} of the configuration stays: its uplinks are acknowledged`);
      return;
    }
    leftMs = configuration.probation()?.leftMs ?? 0;
  }
  if (isOver()) return;
  const silent = configuration.unproved(unproved);
  const said = silent.length > 0 ? `nothing was acknowledged of ${silent.join(", ")}` : "";
  const why = said || `nobody confirmed version ${version}`;
  await insist(() => configuration.rollBack(BY_ITSELF, why), "taken back");
}
