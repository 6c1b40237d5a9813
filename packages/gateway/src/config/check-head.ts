import type { Schema } from "@headgate/model";
import { checkShape, isMap } from "./check-shape.ts";
import type { GatewayConfig } from "./config.ts";
import { checkGatewayId } from "./names.ts";
import { nearest } from "./nearest.ts";
import type { Report } from "./problem.ts";
import { bufferSchema, gatewaySchema, historySchema, webSchema } from "./sections.ts";

type Head = Pick<GatewayConfig, "gateway" | "history" | "web"> & {
  readonly buffer: Omit<GatewayConfig["buffer"], "path">;
};

/** The sections of which there is one: gateway, buffer, history, web. Null if one is wrong. */
export function checkHead(value: Readonly<Record<string, unknown>>, report: Report): Head | null {
  const part = <T>(name: string, schema: Schema<T>) =>
    checkShape({ path: [name], value: value[name] ?? {}, schema }, report)?.value;
  const gateway = value.gateway === undefined ? noGateway(report) : part("gateway", gatewaySchema);
  const buffer = part("buffer", bufferSchema);
  const history = part("history", historySchema);
  const web = value.web === false ? null : part("web", webSchema);
  const { id, timezone } = isMap(value.gateway) ? value.gateway : {};
  if (typeof id === "string") checkGatewayId(id, report);
  if (typeof timezone === "string") checkTimezone(timezone, report);
  if (!gateway || !buffer || !history || web === undefined) return null;
  return {
    gateway: { ...gateway, name: gateway.name ?? gateway.id },
    buffer: {
      capacityBytesMax: buffer.capacity,
      eventsCapacityBytesMax: buffer.eventsCapacity,
      historyCapacityBytesMax: buffer.historyCapacity,
      mediaCapacityBytesMax: buffer.mediaCapacity,
      keepAckedBytesMax: buffer.keepAcked,
      keepUnsentMsMax: buffer.keepUnsent ?? Number.POSITIVE_INFINITY,
      keepRawMs: buffer.keepRaw,
      commitIntervalMs: buffer.commitInterval,
    },
    history: { capacityBytesMax: history.capacity },
    web,
  };
}

function noGateway(report: Report): null {
  const params = { key: "gateway", example: "gateway: { id: my-gateway }" };
  report({ code: "missing-key", path: [], at: "key", params, hint: "write-this" });
  return null;
}

function checkTimezone(value: string, report: Report): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: value });
  } catch {
    // That it throws is the only way to know an unknown zone.
    const near = nearest(value, Intl.supportedValuesOf("timeZone"));
    const params = { value, nearest: near ?? "", example: "timezone: Asia/Shanghai" };
    const hint = near ? "did-you-mean" : "write-this";
    const path = ["gateway", "timezone"];
    report({ code: "unknown-timezone", path, at: "value", params, hint });
  }
}
