import { arch, cpus, freemem, loadavg, platform, release, totalmem, uptime } from "node:os";
import { describeError } from "@headgate/model";
import { type Access, accessFiles } from "../access/access.ts";
import { verifyAudit } from "../access/audit-log.ts";
import { showLearned } from "../commands/learned.ts";
import { framesOf } from "../line/line-view.ts";
import { type Component, readPartsList } from "../parts-list.ts";
import type { GatewayView } from "../status.ts";
import { lookAtStorage } from "../storage/look-at-storage.ts";
import { VERSION } from "../version.ts";
import { shownLines } from "./log-ring.ts";
import type { Redact } from "./redact.ts";
import type { BundleSections } from "./support-bundle.ts";

const FRAMES_MAX = 200;
const VERSIONS_MAX = 50;
const POINTS_MAX = 1000;

/** What somebody far away needs in order to say what is wrong. */
export function bundleSections(
  view: GatewayView,
  { access, redact }: { access: Access; redact: Redact },
): BundleSections {
  return {
    about: () => ({ ...aboutMachine(), atMs: access.clock.nowMs() }),
    status: () => view.status(),
    // Comments may hold what was once a secret: the value alone.
    config: () => view.configuration?.texts.said(view.configuration.version),
    versions: async () => (await view.configuration?.versions())?.slice(0, VERSIONS_MAX),
    log: () => view.logs && shownLines(view.logs.lines(), redact),
    "points that are not good": () =>
      view
        .points()
        .filter(({ quality }) => quality !== "good")
        .slice(0, POINTS_MAX),
    learned: () => view.config && showLearned(view.config, []),
    lines: () => linesOf(view),
    storage: () => {
      const folder = view.config?.buffer.path;
      const updates = view.updates?.folder ?? null;
      return folder === undefined ? null : lookAtStorage({ folder, updates });
    },
    updates: () => view.updates?.view(),
    audit: () => verifyAudit(accessFiles(access.folder).audit),
    parts: partNames,
  };
}

function aboutMachine() {
  return {
    version: VERSION,
    node: process.version,
    system: `${platform()} ${release()} ${arch()}`,
    processors: cpus().length,
    load: loadavg(),
    memory: { totalBytes: totalmem(), freeBytes: freemem(), own: process.memoryUsage() },
    machineUpSeconds: Math.round(uptime()),
    ownUpSeconds: Math.round(process.uptime()),
  };
}

/** The last frames of each line, and how each unit has answered. */
function linesOf({ field, config }: GatewayView) {
  return (config?.channels ?? []).map(({ id }) => {
    try {
      const line = field?.line(id);
      if (!line) return { channel: id };
      const frames = framesOf(line).slice(-FRAMES_MAX);
      return { channel: id, units: line.watch.units(), frames };
    } catch (error) {
      return { channel: id, fault: describeError(error) };
    }
  });
}

async function partNames(): Promise<readonly string[] | null> {
  const text = await readPartsList();
  if (text === null) return null;
  const { components } = JSON.parse(text) as { components: readonly Component[] };
  return components.map(({ group, name, version }) =>
    group ? `${group}/${name} ${version}` : `${name} ${version}`,
  );
}
