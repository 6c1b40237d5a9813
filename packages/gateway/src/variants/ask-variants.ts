import { type Clock, type Connection, missing, type Sample } from "@headgate/model";
import type { DeviceConfig } from "../config/config.ts";
import { decide, evidenceOf, isAnswered, isAsking, type VariantVerdict } from "./decide.ts";

/** What asking the devices of one line needs. */
export interface AskScope {
  readonly connection: Connection;
  readonly clock: Clock;
  /** Those of the channel as it is now. */
  readonly devices: () => readonly DeviceConfig[];
  /** Aborts when these are others. */
  readonly changed: () => AbortSignal;
  /** Resolves once the device is read as it turned out to be. */
  readonly learn: (device: DeviceConfig, verdict: VariantVerdict) => Promise<void>;
  /** What its points are until then. */
  readonly keep: (device: DeviceConfig, samples: Sample[]) => void;
  readonly onAnswer: () => void;
}

/** A device that does not answer is asked again after so long, and ever more rarely. */
const RETRY_MS = 2_000;
const RETRY_MS_MAX = 60_000;

/**
 * Asks each device that may be one of several variants which it is, at its first good contact.
 * Until `signal` aborts; rejects with `Unreachable` if the line is lost.
 */
export async function askVariants(scope: AskScope, signal: AbortSignal): Promise<void> {
  const { clock, devices, changed, learn } = scope;
  let waitMs = RETRY_MS;
  while (!signal.aborted) {
    const turn = AbortSignal.any([signal, changed()]);
    const asking = devices().filter(isAsking);
    for (const device of asking) {
      const verdict = await askOne(device, scope, signal);
      if (signal.aborted) return;
      if (verdict === null) continue;
      scope.onAnswer();
      await Promise.race([learn(device, verdict), aborted(signal)]);
      waitMs = RETRY_MS;
    }
    if (asking.length === 0) await aborted(turn);
    else await clock.sleep(waitMs, turn);
    waitMs = Math.min(RETRY_MS_MAX, waitMs * 2);
  }
}

/** Null while it does not answer. */
async function askOne(
  device: DeviceConfig,
  { connection, clock, keep }: AskScope,
  signal: AbortSignal,
): Promise<VariantVerdict | null> {
  const options = device.variants?.options ?? [];
  const points = options.flatMap(({ checks }) => checks.map(({ config }) => config.point));
  const samples = [...(await connection.read(points, signal))];
  const answers = new Map(points.map(({ id }, index) => [id, samples[index] as Sample]));
  if (isAnswered(options, answers)) {
    return { ...decide(options, answers), evidence: evidenceOf(options, answers) };
  }
  const [silent = "no answer"] = samples.flatMap((one) =>
    one.quality === "bad" ? one.reason : [],
  );
  const reason = `which variant of ${device.profile} it is cannot be asked yet: ${silent}`;
  const nowMs = clock.nowMs();
  keep(
    device,
    device.points.map(({ point }) => missing(point.id, nowMs, reason)),
  );
  return null;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
