import { describeError, missing, type Sample } from "@headgate/model";
import { fieldOf } from "./field-of.ts";
import type { OpcuaPoint } from "./resolve-nodes.ts";
import { type ObservedValue, toSample } from "./to-sample.ts";
import { Undecodable } from "./undecodable.ts";

/**
 * What a server tells of a point's node as a sample of the point: all of it, or one field. What it
 * says against its own type spoils its own point only.
 */
export function sampleOf(point: OpcuaPoint, observed: ObservedValue, nowMs: number): Sample {
  try {
    return toSample(point.id, partOf(point, observed), nowMs);
  } catch (error) {
    return missing(point.id, nowMs, `cannot be read: ${describeError(error)}`);
  }
}

function partOf({ address: { field } }: OpcuaPoint, observed: ObservedValue): ObservedValue {
  const { value, statusCode, sourceTimestamp = null, serverTimestamp = null } = observed;
  if (!field || !value || value.value instanceof Undecodable) return observed;
  const part = fieldOf(value, field) ?? notDescribed(value.value);
  return { statusCode, sourceTimestamp, serverTimestamp, ...(part && { value: part }) };
}

/** Bytes of a structure whose type the server does not tell: nobody knows what is in them. */
function notDescribed(raw: unknown): ObservedValue["value"] {
  const [one] = Array.isArray(raw) ? raw : [raw];
  const isOpaque = typeof one === "object" && one !== null && "buffer" in one && "nodeId" in one;
  if (!isOpaque) return undefined;
  const value = new Undecodable("the server does not describe this structure");
  return { dataType: 0, arrayType: 0, value };
}
