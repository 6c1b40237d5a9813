import type { Sample } from "@headgate/model";
import { fieldOf } from "./field-of.ts";
import type { OpcuaPoint } from "./resolve-nodes.ts";
import { type ObservedValue, toSample } from "./to-sample.ts";

/** What a server tells of a point's node as a sample of the point: all of it, or one field. */
export function sampleOf(point: OpcuaPoint, observed: ObservedValue, nowMs: number): Sample {
  const { field } = point.address;
  const { value, statusCode, sourceTimestamp, serverTimestamp } = observed;
  if (!field || !value) return toSample(point.id, observed, nowMs);
  const part = fieldOf(value, field);
  const times = {
    sourceTimestamp: sourceTimestamp ?? null,
    serverTimestamp: serverTimestamp ?? null,
  };
  return toSample(point.id, { statusCode, ...times, ...(part && { value: part }) }, nowMs);
}
