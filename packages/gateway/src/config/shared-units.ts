import type { DeviceDraft } from "./drafts.ts";
import type { Report } from "./problem.ts";

/** Two devices with one unit id on one line would answer for each other. */
export function checkUnits(drafts: readonly DeviceDraft[], report: Report): void {
  const seen = new Map<string, string>();
  for (const { id, channel, device, settings } of drafts) {
    const unitId = unitIdOf(device?.value);
    if (!channel || unitId === null || settings?.sharedUnit === true) continue;
    const key = `${channel.id} ${unitId}`;
    const other = seen.get(key);
    seen.set(key, other ?? id);
    if (other === undefined) continue;
    const params = { unitId, other, device: id, channel: channel.id };
    const path = ["devices", id, "unitId"];
    report({ code: "shared-unit", path, at: "value", params, hint: "share-unit" });
  }
}

function unitIdOf(device: unknown): string | null {
  if (typeof device !== "object" || device === null || !("unitId" in device)) return null;
  return String(device.unitId);
}
