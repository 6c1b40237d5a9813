import type { Schema } from "@headgate/model";
import { z } from "zod";

/** A node of a JSON Schema, as far as checking looks into it. */
export interface SchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly allOf?: readonly SchemaNode[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly description?: string;
  readonly "x-quantity"?: "duration" | "size" | "rate";
  readonly "x-reference"?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
}

// Ten thousand points share one schema. A description never changes, so it is kept with its schema.
const known = new WeakMap<Schema<unknown>, SchemaNode>();

/** The JSON Schema of what a schema takes, or null if it is no zod schema. */
export function describeSchema(schema: Schema<unknown>): SchemaNode | null {
  if (!("_zod" in schema)) return null;
  const options = { io: "input", unrepresentable: "any" } as const;
  const node =
    known.get(schema) ??
    (z.toJSONSchema(schema as unknown as z.ZodType, options) as unknown as SchemaNode);
  known.set(schema, node);
  return node;
}

/** The alternatives a node stands for: itself, or the branches of its unions, resolved. */
function alternatives(root: SchemaNode, node: SchemaNode): SchemaNode[] {
  const name = node.$ref?.replace("#/$defs/", "");
  const target = node.$ref === "#" ? root : name === undefined ? null : root.$defs?.[name];
  if (target) return alternatives(root, target);
  const branches = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])];
  return [node, ...branches.flatMap((branch) => alternatives(root, branch))];
}

function step(node: SchemaNode, key: string | number): SchemaNode[] {
  const next = typeof key === "number" ? node.items : node.properties?.[key];
  if (next) return [next];
  return typeof node.additionalProperties === "object" ? [node.additionalProperties] : [];
}

/** Every node that may describe the value at this path. */
export function nodesAt(
  root: SchemaNode | null,
  path: readonly (string | number)[],
): readonly SchemaNode[] {
  if (!root) return [];
  let nodes = alternatives(root, root);
  for (const key of path) {
    nodes = nodes.flatMap((node) => step(node, key)).flatMap((node) => alternatives(root, node));
  }
  return nodes;
}

/** The keys that the map at this path may have. */
export function keysAt(
  root: SchemaNode | null,
  path: readonly (string | number)[],
): readonly string[] {
  const keys = nodesAt(root, path).flatMap((node) => Object.keys(node.properties ?? {}));
  return [...new Set(keys)];
}
