import type { ChannelDraft, DeviceDraft } from "./drafts.ts";
import type { Report } from "./problem.ts";

/** Two devices with one unit id, or meter number, on one line would answer for each other. */
export function checkUnits(drafts: readonly DeviceDraft[], report: Report): void {
  const seen = new Map<string, { readonly id: string; readonly channel: string }>();
  for (const { id, channel, device, settings } of drafts) {
    const number = numberOf(device?.value);
    if (!channel || number === null || settings?.sharedUnit === true) continue;
    const { key, value } = number;
    const place = `${wireOf(channel)} ${value}`;
    const other = seen.get(place);
    seen.set(place, other ?? { id, channel: channel.id });
    if (other === undefined) continue;
    const names = [...new Set([other.channel, channel.id])].join(" + ");
    const params = { [key]: value, other: other.id, device: id, channel: names };
    const at = { path: ["devices", id, key], at: "value" } as const;
    if (key === "unitId") report({ ...at, code: "shared-unit", params, hint: "share-unit" });
    else report({ ...at, code: "shared-meter", params, hint: "share-meter" });
  }
  checkWildcards(drafts, report);
}

/** Protocols whose devices hear each other's requests where they share a wire. */
const FAMILY = /^(?:(modbus)-(?:rtu|ascii|rtu-over-tcp)|(dlt645|cjt188)(?:-tcp)?)$/;

/** Channels of one protocol at one serial port or server are one wire; others have their own. */
function wireOf({ id, driver, settings }: ChannelDraft): string {
  const [, modbus, meters] = FAMILY.exec(driver?.type ?? "") ?? [];
  const family = modbus ?? meters;
  const { path, host, port } = (settings?.value ?? {}) as Readonly<Record<string, unknown>>;
  const place = path ?? (host === undefined ? undefined : `${host}:${port}`);
  return family === undefined || place === undefined ? `channel ${id}` : `${family} ${place}`;
}

/** Who asks any meter must be alone with one: several would answer at once. */
function checkWildcards(drafts: readonly DeviceDraft[], report: Report): void {
  for (const { id, channel, device } of drafts) {
    const number = numberOf(device?.value);
    if (!channel || !number || !/^A+$/.test(number.value)) continue;
    const wire = wireOf(channel);
    const other = drafts.find((one) => {
      return one.id !== id && one.channel && wireOf(one.channel) === wire;
    });
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
