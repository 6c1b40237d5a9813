import type { DeviceDraft } from "./drafts.ts";
import type { Report } from "./problem.ts";

/** Two devices with one unit id, or meter number, on one line would answer for each other. */
export function checkUnits(drafts: readonly DeviceDraft[], report: Report): void {
  const seen = new Map<string, string>();
  for (const { id, channel, device, settings } of drafts) {
    const number = numberOf(device?.value);
    if (!channel || number === null || settings?.sharedUnit === true) continue;
    const { key, value } = number;
    const place = `${channel.id} ${value}`;
    const other = seen.get(place);
    seen.set(place, other ?? id);
    if (other === undefined) continue;
    const params = { [key]: value, other, device: id, channel: channel.id };
    const at = { path: ["devices", id, key], at: "value" } as const;
    if (key === "unitId") report({ ...at, code: "shared-unit", params, hint: "share-unit" });
    else report({ ...at, code: "shared-meter", params, hint: "share-meter" });
  }
  checkWildcards(drafts, report);
}

/** Who asks any meter must be alone with one: several would answer at once. */
function checkWildcards(drafts: readonly DeviceDraft[], report: Report): void {
  for (const { id, channel, device } of drafts) {
    const number = numberOf(device?.value);
    if (!channel || !number || !/^A+$/.test(number.value)) continue;
    const other = drafts.find((one) => one.channel === channel && one.id !== id);
    if (!other) continue;
    const params = { device: id, other: other.id, channel: channel.id };
    const path = ["devices", id, "meter"];
    report({ code: "any-not-alone", path, at: "value", params, hint: "number-each" });
  }
}

interface DeviceNumber {
  readonly key: "unitId" | "meter";
  readonly value: string;
}

function numberOf(device: unknown): DeviceNumber | null {
  if (typeof device !== "object" || device === null) return null;
  if ("unitId" in device) return { key: "unitId", value: String(device.unitId) };
  return "meter" in device ? { key: "meter", value: String(device.meter) } : null;
}
