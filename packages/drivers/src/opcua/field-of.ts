import { builtinTypeNames } from "./data-type.ts";
import type { ObservedValue } from "./to-sample.ts";

type Variant = NonNullable<ObservedValue["value"]>;

/** What the library keeps of a structure's type. */
interface Structured {
  readonly schema?: { readonly fields?: readonly SchemaField[] };
}
interface SchemaField {
  readonly name: string;
  readonly fieldType: string;
  readonly isArray?: boolean;
}

/** "Place.x", "Curve[2]", "[0].Number" as its steps. */
export function parseField(text: string): readonly (string | number)[] | null {
  const steps: (string | number)[] = [];
  let rest = text;
  while (rest !== "") {
    const match = /^(?:\[(\d{1,6})\]|\.?([^.[\]]+))/.exec(rest);
    if (!match) return null;
    steps.push(match[1] === undefined ? (match[2] as string) : Number(match[1]));
    rest = rest.slice(match[0].length);
  }
  return steps.length > 0 ? steps : null;
}

/** One scalar inside a structure or an array; undefined if there is none. */
export function fieldOf(variant: Variant, steps: readonly (string | number)[]) {
  let value: unknown = variant.value;
  let type = builtinTypeNames[variant.dataType] ?? "Null";
  let isArray = variant.arrayType !== 0;
  for (const step of steps) {
    if (typeof step === "number") {
      // An array may be null, and is no array where a server's own type is named like one of ours.
      if (!isArray || !(Array.isArray(value) || ArrayBuffer.isView(value))) return undefined;
      value = (value as unknown as ArrayLike<unknown>)[step];
      isArray = false;
    } else {
      const field = isArray ? undefined : fieldNamed(value, step);
      if (!field) return undefined;
      value = (value as Record<string, unknown>)[field.name];
      type = knownType(field.fieldType, value);
      isArray = field.isArray ?? false;
    }
    if (value === undefined || value === null) return undefined;
  }
  return { dataType: builtinTypeNames.indexOf(type), arrayType: isArray ? 1 : 0, value };
}

/** The library writes the first letter of a field small, the server as it likes. */
function fieldNamed(value: unknown, name: string): SchemaField | undefined {
  const fields = (value as Structured | null)?.schema?.fields ?? [];
  return fields.find((field) => field.name.toLowerCase() === name.toLowerCase());
}

/** The field's own type where it is a built-in one, else what its value shows: an enumeration. */
function knownType(fieldType: string, value: unknown): (typeof builtinTypeNames)[number] {
  const known = builtinTypeNames.find((name) => name === fieldType.replace(/^.*:/, ""));
  if (known) return known;
  return typeof value === "number" ? "Int32" : "ExtensionObject";
}
