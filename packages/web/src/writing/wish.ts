import type { PointView, WriteOutlook } from "@headgate/gateway/api-types";
import type { Told } from "../diagnosis/told.ts";

/** How a value is given: a switch, digits, a text, or "any" where nobody knows what it is. */
export type FieldKind = "switch" | "number" | "text" | "any";

/** Of its last value: the gateway knows no more of a register that it cannot read. */
export function fieldKind({ value, isInteger64 }: PointView): FieldKind {
  if (typeof value === "boolean") return "switch";
  if (typeof value === "number" || isInteger64) return "number";
  return value === null ? "any" : "text";
}

/** What a write has to keep to, in the point's unit. */
export type Limits = Pick<WriteOutlook, "min" | "max" | "step">;

/** What is to be written; or what is missing before it can be. */
export type Wish = { readonly value: boolean | number | string } | { readonly missing: Told };

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)$/;
/** Of a step: binary noise. */
const STEP_TOLERANCE = 1e-6;
const decimal = (value: number) => Number(value.toPrecision(12));
const missing = (key: Told["key"], values: Told["values"] = {}): Wish => ({
  missing: { key, values },
});

/** Digits as they are typed with a Chinese keyboard, too. */
export function plainDigits(typed: string): string {
  return typed.normalize("NFKC").replaceAll("。", ".").replaceAll("−", "-").trim();
}

/** What somebody typed or chose, checked as the gateway will check it. */
export function wishOf(typed: string, kind: FieldKind, limits: Limits): Wish {
  if (kind === "switch") {
    return typed === "" ? missing("writing.choose") : { value: typed === "true" };
  }
  if (kind === "text") return typed === "" ? missing("writing.type") : { value: typed };
  const digits = plainDigits(typed);
  if (digits === "") return missing("writing.type");
  const isNumber = NUMBER.test(digits);
  if (!isNumber) return kind === "any" ? { value: typed.trim() } : missing("writing.noNumber");
  const broken = limitBroken(Number(digits), limits);
  if (broken) return broken;
  // Beyond 2^53 a number would be another one; of what nobody can read now the gateway judges.
  const isExact = Number.isSafeInteger(Number(digits)) || !/^[+-]?\d+$/.test(digits);
  return { value: kind === "number" && isExact ? Number(digits) : digits };
}

function limitBroken(value: number, { min, max, step }: Limits): Wish | null {
  if (min !== null && value < min) return missing("writing.below", { min });
  if (max !== null && value > max) return missing("writing.above", { max });
  if (step === null) return null;
  const from = min ?? 0;
  const steps = (value - from) / step;
  if (Math.abs(steps - Math.round(steps)) <= STEP_TOLERANCE) return null;
  const below = decimal(from + Math.floor(steps) * step);
  const above = decimal(from + Math.ceil(steps) * step);
  return missing("writing.between", { below, above });
}
