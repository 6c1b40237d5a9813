import type { Path, Report } from "./problem.ts";

// Letters of every script: 奶罐 is a good name. "/" parts device and point, "+" and "#" are MQTT's.
const namePattern = /^[\p{L}\p{N}][\p{L}\p{N}\p{M}._-]{0,63}$/u;
const gatewayPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Checks the last key of a path as the name of a channel, device, point or uplink. */
export function checkId(path: Path, report: Report): void {
  const id = String(path.at(-1));
  if (namePattern.test(id)) return;
  report({ code: "bad-id", path, at: "key", params: { id }, hint: "name-rule" });
}

/** Checks the gateway's own id: part of topics and file names everywhere, so ASCII only. */
export function checkGatewayId(id: string, report: Report): void {
  if (gatewayPattern.test(id)) return;
  const path = ["gateway", "id"];
  report({ code: "bad-id", path, at: "value", params: { id }, hint: "name-rule" });
}

/** Names that differ by case only would share files and, on many platforms, topics. */
export function checkOverlaps(path: Path, ids: readonly string[], report: Report): void {
  const seen = new Map<string, string>();
  for (const id of ids) {
    const folded = id.normalize("NFC").toLowerCase();
    const other = seen.get(folded);
    seen.set(folded, other ?? id);
    if (other === undefined) continue;
    const params = { id, other };
    report({ code: "overlapping-ids", path: [...path, id], at: "key", params, hint: "rename-one" });
  }
}
