import { nodesAt, type SchemaNode } from "./describe-schema.ts";
import { durationMs, sizeBytes } from "./quantity.ts";

/**
 * Drivers count in milliseconds and bytes; people write `timeout: 500 ms`. Where a schema takes
 * nothing but a number, a duration or size with its unit becomes that number.
 */
export function adaptQuantities(value: unknown, node: SchemaNode | null): unknown {
  if (!node || typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, part]) => {
    const number = typeof part === "string" ? numberOf(part) : null;
    const isMeant = number !== null && takesNumbersOnly(nodesAt(node, [key]));
    return [key, isMeant ? number : part];
  });
  return Object.fromEntries(entries);
}

function takesNumbersOnly(nodes: readonly SchemaNode[]): boolean {
  const typed = nodes.filter(({ type }) => type !== undefined);
  return typed.length > 0 && typed.every(({ type }) => type === "number" || type === "integer");
}

/** A reference such as `${env:PORT}` always gives text: digits are a number here. */
function numberOf(text: string): number | null {
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  return durationMs(text) ?? sizeBytes(text);
}
