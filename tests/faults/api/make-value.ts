import { pick, type Random } from "@headgate/drivers/testing";
import type { Schema } from "./operations.ts";

/** What texts and values are taken from. Names of machines are none: nothing is to be asked. */
export interface Words {
  readonly texts: readonly string[];
  readonly schemas: Readonly<Record<string, Schema>>;
}

const DEPTH_MAX = 6;
const HOSTILE_TEXTS: readonly string[] = [
  "",
  " ",
  "\u0000",
  "../../../../etc/passwd",
  "%2e%2e%2f",
  "%",
  "%zz",
  "__proto__",
  "constructor",
  "<script>alert(1)</script>",
  "'; drop table blocks; --",
  "\ud800",
  "温度😀",
  "\r\nx-injected: 1",
  `${"$"}{env:HOME}`,
  "a".repeat(5000),
  "-1",
  "1e999",
  "NaN",
  "18446744073709551616",
  "null",
  "[]",
  "1-247",
  "holding:0",
  "holding:99999",
];
const HOSTILE_VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -1, -0, 1.5, 1e308, 2 ** 53, -(2 ** 63), "", [], {}, [[[]]]],
  ...[{ __proto__: null, constructor: { prototype: {} } }, [null], Array(2000).fill(0), "x"],
];

export function hostileText(random: Random): string {
  return pick(random, HOSTILE_TEXTS);
}

/** Mostly what the schema takes; one part in `1 / strangeness` is what it does not. */
export function makeValue(
  schema: Schema,
  random: Random,
  { words, strangeness, depth = 0 }: { words: Words; strangeness: number; depth?: number },
): unknown {
  if (strangeness > 0 && random(Math.ceil(1 / strangeness)) === 0) return anything(random);
  const inner = { words, strangeness, depth: depth + 1 };
  const known = resolve(schema, words);
  if (known.const !== undefined) return known.const;
  if (known.enum) return pick(random, known.enum);
  const branches = known.anyOf ?? known.oneOf ?? known.allOf;
  if (branches && branches.length > 0) return makeValue(pick(random, branches), random, inner);
  if (known.default !== undefined && random(4) === 0) return known.default;
  const type = typeof known.type === "string" ? known.type : pick(random, known.type ?? ["object"]);
  switch (type) {
    case "string":
      return random(4) === 0 ? hostileText(random) : pick(random, words.texts);
    case "integer":
      return Math.round(number(known, random));
    case "number":
      return number(known, random);
    case "boolean":
      return random(2) === 0;
    case "null":
      return null;
    case "array":
      if (depth > DEPTH_MAX) return [];
      return Array.from({ length: random(4) }, () => makeValue(known.items ?? {}, random, inner));
    default:
      return makeObject(known, random, inner);
  }
}

function makeObject(schema: Schema, random: Random, inner: Parameters<typeof makeValue>[2]) {
  const object: Record<string, unknown> = {};
  if ((inner.depth ?? 0) > DEPTH_MAX) return object;
  for (const [name, part] of Object.entries(schema.properties ?? {})) {
    const isNeeded = schema.required?.includes(name) ?? false;
    const isGiven = isNeeded ? inner.strangeness === 0 || random(12) > 0 : random(2) === 0;
    if (isGiven) object[name] = makeValue(part, random, inner);
  }
  if (inner.strangeness > 0 && random(10) === 0) object[hostileText(random)] = anything(random);
  return object;
}

function number({ minimum = -10, maximum = 300 }: Schema, random: Random): number {
  const low = Math.max(minimum, -1e6);
  const span = Math.min(maximum, low + 1e6) - low;
  const edges = [low, low + span, 0, 1, low + span / 2];
  return random(3) === 0 ? pick(random, edges) : low + random(Math.max(1, Math.floor(span + 1)));
}

function anything(random: Random): unknown {
  return random(2) === 0 ? hostileText(random) : pick(random, HOSTILE_VALUES);
}

function resolve(schema: Schema, { schemas }: Words): Schema {
  const name = schema.$ref?.replace("#/components/schemas/", "");
  return name === undefined ? schema : (schemas[name] ?? {});
}
