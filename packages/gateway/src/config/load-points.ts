import type { Driver, Point } from "@headgate/model";
import { checkShape, isMap, splitKeys } from "./check-shape.ts";
import type { Acquisition, Condition, PointConfig, Writing } from "./config.ts";
import { describeSchema, keysAt } from "./describe-schema.ts";
import { pointKeys } from "./key-levels.ts";
import { checkId } from "./names.ts";
import { nearest } from "./nearest.ts";
import type { Path, Report } from "./problem.ts";
import { durationMs } from "./quantity.ts";
import { type PointSettings, pointSchema } from "./sections.ts";

const defaultScanMs = 1_000;
/** How long a device may take to show what was written, where nothing is said. */
const VERIFY_MS = 2_000;

/** What the points of one device share. */
export interface PointScope {
  readonly deviceId: string;
  /** Null if unknown: then only the gateway's own keys are checked. */
  readonly driver: Driver | null;
  readonly device: unknown;
  readonly scanMs: number | null;
  /** Every point of the file, to know what `onEvent` may name. */
  readonly pointIds: ReadonlySet<string>;
}

/** One point from its map; null if it was reported. */
export function loadPoint(
  name: string,
  value: unknown,
  { scope, report }: { readonly scope: PointScope; readonly report: Report },
): PointConfig | null {
  const path = ["devices", scope.deviceId, "points", name];
  checkId(path, report);
  if (!isMap(value)) {
    const params = { expected: "@map", found: value === null ? "@nothing" : JSON.stringify(value) };
    report({ code: "wrong-type", path, at: "value", params, hint: "write-map" });
    return null;
  }
  const { own, rest } = splitKeys(value, pointKeys);
  const settings = checkShape({ path, value: own, schema: pointSchema }, report)?.value;
  const address = scope.driver && loadAddress({ path, own, rest, driver: scope.driver }, report);
  const id = `${scope.deviceId}/${name}`;
  checkCombination(own, path, report);
  const onEvent = loadEvents(own.onEvent, { path, scope, id }, report);
  if (!settings || !address) return null;
  const point: Point = { id, address: address.value, device: scope.device };
  const cadence = scope.driver?.cadence?.(address.value) ?? null;
  return {
    point,
    deviceId: scope.deviceId,
    acquisition: shared(acquisitionOf(settings, { onEvent, scanMs: scope.scanMs, cadence })),
    condition: shared(conditionOf(settings)),
    unit: settings.unit || unitOf(address.value, scope),
    name: settings.name ?? name,
    access: settings.access,
    ...(settings.access === "readWrite" ? { writing: writingOf(settings) } : {}),
    stream: settings.stream ?? (cadence === "pushed" ? "events" : "main"),
    hasHistory: wantsHistory(address.value, scope),
  };
}

/** What thousands of points have alike, by its content. */
const alike = new Map<string, object>();
const ALIKE_MAX = 1000;

/** The same object for the same content: nobody changes what was loaded. */
function shared<T extends object>(value: T): T {
  const key = JSON.stringify(value);
  const known = alike.get(key);
  if (known) return known as T;
  if (alike.size < ALIKE_MAX) alike.set(key, value);
  return value;
}

/** As the driver knows it; a device that was reported tells nothing. */
function unitOf(address: unknown, { driver, device }: PointScope): string {
  return device === undefined ? "" : (driver?.unitOf?.(address, device) ?? "");
}

function wantsHistory(address: unknown, { driver, device }: PointScope): boolean {
  return device !== undefined && (driver?.wantsHistory?.(address, device) ?? false);
}

interface AddressPart {
  readonly path: Path;
  readonly own: Readonly<Record<string, unknown>>;
  readonly rest: Readonly<Record<string, unknown>>;
  readonly driver: Driver;
}

/** The driver's part of a point. One that samples by itself is told the interval of `subscribe`. */
function loadAddress({ path, own, rest, driver }: AddressPart, report: Report) {
  const schema = driver.addressSchema;
  const sampling = typeof own.subscribe === "string" ? durationMs(own.subscribe) : null;
  const isTold = sampling !== null && keysAt(describeSchema(schema), []).includes("sampling");
  const value = isTold ? { sampling, ...rest } : rest;
  return checkShape({ path, value, schema, otherKeys: pointKeys }, report);
}

/** On what is written, not on what is valid: one mistake must not hide another. */
function checkCombination(
  written: Readonly<Record<string, unknown>>,
  path: Path,
  report: Report,
): void {
  const given = ["scan", "every", "subscribe"].filter((key) => written[key] !== undefined);
  const [other, key] = given;
  if (key && other) {
    const params = { key, other };
    report({ code: "both-given", path: [...path, key], at: "key", params, hint: "remove-one" });
  }
  if (written.write !== undefined && written.access !== "readWrite") {
    const params = { key: "access" };
    report({
      code: "needs-access",
      path: [...path, "write"],
      at: "key",
      params,
      hint: "add-access",
    });
  }
  const { min, max } = written;
  if (typeof min !== "number" || typeof max !== "number" || min <= max) return;
  const params = { min: String(min), max: String(max) };
  report({ code: "min-above-max", path: [...path, "min"], at: "value", params, hint: "swap" });
}

interface EventPart {
  readonly path: Path;
  readonly scope: PointScope;
  readonly id: string;
}

function loadEvents(written: unknown, part: EventPart, report: Report): readonly string[] {
  if (!Array.isArray(written)) return [];
  return written.map((value: unknown, index) => {
    const name = String(value);
    const id = name.includes("/") ? name : `${part.scope.deviceId}/${name}`;
    const at = { path: [...part.path, "onEvent", index], at: "value" } as const;
    if (id === part.id) report({ ...at, code: "own-event", hint: "other-point" });
    else if (!part.scope.pointIds.has(id)) report({ ...at, ...unknownEvent(id, part.scope) });
    return id;
  });
}

function unknownEvent(id: string, { deviceId, pointIds }: PointScope) {
  const short = [...pointIds].map((other) =>
    other.startsWith(`${deviceId}/`) ? other.slice(deviceId.length + 1) : other,
  );
  const near = nearest(id.split("/").at(-1) ?? id, short) ?? nearest(id, pointIds);
  const params = { value: id, nearest: near ?? "", keys: short.toSorted().join(", ") };
  const hint = near ? "did-you-mean" : "known-keys";
  return { code: "unknown-event", params, hint } as const;
}

interface AcquisitionPart {
  readonly onEvent: readonly string[];
  readonly scanMs: number | null;
  /** What the driver would do; see `Driver.cadence`. */
  readonly cadence: "pushed" | number | null;
}

function acquisitionOf(settings: PointSettings, part: AcquisitionPart): Acquisition {
  const { onEvent, cadence } = part;
  if (settings.subscribe !== undefined) {
    return { kind: "subscribe", intervalMs: settings.subscribe };
  }
  const ownScanMs = settings.scan ?? settings.every;
  if (ownScanMs !== undefined) return { kind: "scan", intervalMs: ownScanMs, onEvent };
  if (onEvent.length > 0) return { kind: "event", onEvent };
  if (cadence === "pushed") return { kind: "subscribe", intervalMs: 0 };
  return { kind: "scan", intervalMs: cadence ?? part.scanMs ?? defaultScanMs, onEvent };
}

function writingOf({ write, min, max }: PointSettings): Writing {
  return {
    min: write?.min ?? min ?? null,
    max: write?.max ?? max ?? null,
    step: write?.step ?? null,
    intervalMs: write?.interval ?? 0,
    selectMs: write?.select ?? null,
    verifyMs: write?.verify ?? VERIFY_MS,
    tolerance: write?.tolerance ?? null,
  };
}

function conditionOf(settings: PointSettings): Condition {
  return {
    scale: settings.scale,
    offset: settings.offset,
    min: settings.min ?? null,
    max: settings.max ?? null,
    deadband: settings.deadband ?? null,
    heartbeatMs: settings.heartbeat,
  };
}
