import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { isMap } from "./check-shape.ts";
import { plainPlace } from "./plain-address.ts";
import type { PlainBefore } from "./plain-before.ts";
import type { Report } from "./problem.ts";

type Uplinks = Readonly<Record<string, unknown>>;
type Settings = Readonly<Record<string, unknown>>;

const FILE_KEYS = ["ca", "cert", "key"] as const;

/** What no uplink can see alone, and files that are not there (yet). */
export function checkUplinks(uplinks: Uplinks, before: PlainBefore, report: Report): void {
  const seen: (readonly [id: string, settings: Settings])[] = [];
  for (const [id, settings] of Object.entries(uplinks)) {
    if (!isMap(settings)) continue;
    for (const [other, others] of seen) {
      compare({ id, settings }, { other, before: others }, report);
    }
    seen.push([id, settings]);
    checkPlain({ id, settings }, before, report);
    for (const key of FILE_KEYS) {
      const file = settings[key];
      if (typeof file !== "string" || file === "" || existsSync(resolve(file))) continue;
      const at = { path: ["uplinks", id, key], at: "value", severity: "warning" } as const;
      report({ ...at, code: "missing-file", params: { file }, hint: "check-path" });
    }
  }
}

/** What crosses a network unencrypted can be read and changed on its way: it has to be wanted. */
function checkPlain(
  { id, settings }: { id: string; settings: Settings },
  before: PlainBefore,
  report: Report,
): void {
  const plain = plainPlace(settings.url);
  if (plain === null || settings.allowPlain === true) return;
  const severity = before(id, plain.place) ? "warning" : "error";
  const at = { path: ["uplinks", id, "url"], at: "value", severity } as const;
  report({ ...at, code: "plain-uplink", params: { value: plain.scheme }, hint: "use-tls" });
}

function compare(
  { id, settings }: { id: string; settings: Settings },
  { other, before }: { other: string; before: Settings },
  report: Report,
): void {
  const { clientId: value, url } = settings;
  if (typeof value === "string" && value === before.clientId && url === before.url) {
    const at = { path: ["uplinks", id, "clientId"], at: "value" } as const;
    const params = { value, other };
    report({ ...at, code: "same-client-id", params, hint: "own-client-id" });
  } else if (textOf(settings) === textOf(before)) {
    const at = { path: ["uplinks", id], at: "key", severity: "warning" } as const;
    report({ ...at, code: "same-uplink", params: { other }, hint: "remove-one" });
  }
}

function textOf(settings: Settings): string {
  return JSON.stringify(
    Object.entries(settings).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
}
