import { type Clock, type Connection, describeError, type Sample } from "@headgate/model";
import { createConditioner } from "../acquire/condition.ts";
import type { DeviceConfig, PointConfig } from "../config/config.ts";
import { toJson } from "../to-json.ts";
import { type Evidence, said, type TrialItem } from "./evidence.ts";

const POINTS_MAX = 500;
/** So many values and so many faults are shown. */
const SHOWN_MAX = 3;

/** Reads a device once over a line that is open. Never rejects. */
export async function tryDevice(
  { id, points }: DeviceConfig,
  connection: Connection,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<TrialItem> {
  const startedMs = clock.monotonicMs();
  const item = (outcome: TrialItem["outcome"], evidence: readonly Evidence[]): TrialItem => {
    return { kind: "device", id, outcome, tookMs: clock.monotonicMs() - startedMs, evidence };
  };
  const asked = points.filter(({ acquisition }) => acquisition.kind !== "event");
  const some = asked.slice(0, POINTS_MAX);
  if (some.length === 0) return item("untried", [said("nothing-to-read")]);
  try {
    const samples = [
      ...(await connection.read(
        some.map(({ point }) => point),
        signal,
      )),
    ];
    const good = samples.filter(({ quality }) => quality !== "bad").length;
    const evidence = [said("read", { good, total: samples.length }), ...examples(some, samples)];
    return item(good === samples.length ? "good" : "bad", evidence);
  } catch (error) {
    return item("bad", [said("failed", { reason: describeError(error) })]);
  }
}

function examples(points: readonly PointConfig[], samples: readonly Sample[]): Evidence[] {
  const [values, faults]: [Evidence[], Evidence[]] = [[], []];
  for (const [index, raw] of samples.entries()) {
    const config = points[index];
    if (!config) continue;
    const { point, unit, condition } = config;
    const sample = createConditioner(condition).scale(raw);
    if (sample.quality === "bad") {
      faults.push(said("unread", { point: point.id, reason: sample.reason }));
    } else {
      const value = String(toJson(sample.value)).slice(0, 80);
      values.push(said("value", { point: point.id, value, unit }));
    }
  }
  return [...faults.slice(0, SHOWN_MAX), ...values.slice(0, SHOWN_MAX)];
}
