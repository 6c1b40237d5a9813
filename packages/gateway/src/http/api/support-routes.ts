import { z } from "zod";
import type { Access } from "../../access/access.ts";
import type { GatewayView } from "../../status.ts";
import { bundleSections } from "../../support/bundle-sections.ts";
import { type LogLine, type LogLines, shownLines } from "../../support/log-ring.ts";
import { createRedactor } from "../../support/redact.ts";
import { secretsOf } from "../../support/secrets-of.ts";
import { supportBundle } from "../../support/support-bundle.ts";
import { Reply, type Route, type Rule, route } from "./route.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;
const GZIP = "application/gzip";
const TEXT = "text/plain; charset=utf-8";

const LOOK = {
  method: "GET",
  csrf: "none",
  rate: "work",
} as const satisfies Partial<Rule>;

const logLineSchema = z
  .strictObject({
    atMs: z.number(),
    level: z.enum(LEVELS),
    message: z.string(),
    fields: z.string().meta({ description: 'JSON of what was said beside it, cut; "" if nothing' }),
  })
  .meta({ id: "LogLine" });
export const logSchema = z.array(logLineSchema);

const asked = z.strictObject({
  level: z.enum(LEVELS).default("debug").meta({ description: "This one and those above it" }),
  search: z.string().max(200).default("").meta({ description: "In the message or beside it" }),
});

/** Of a gateway that is embedded: what it says is in its program's log. */
const NO_LOG: LogLines = { lines: () => [] };

/** What somebody far away needs: the log's last lines, and all in one file. Without secrets. */
export function supportRoutes(view: GatewayView, access: Access): readonly Route[] {
  return [...logRoutes(view, access, view.logs ?? NO_LOG), bundleRoute(view, access)];
}

function logRoutes(view: GatewayView, access: Access, logs: LogLines): readonly Route[] {
  const found = async ({ level, search }: z.output<typeof asked>) => {
    const redact = createRedactor(await secretsOf(view, access));
    const words = search.toLowerCase();
    return shownLines(logs.lines(), redact)
      .filter((line) => LEVELS.indexOf(line.level) >= LEVELS.indexOf(level))
      .filter(({ message, fields }) => `${message} ${fields}`.toLowerCase().includes(words));
  };
  return [
    route({
      ...LOOK,
      role: "technician",
      path: "/api/logs",
      summary: "The last lines of the log, oldest first, without secrets",
      query: asked,
      answer: logSchema,
      handle: async ({ query }) => await found(query),
    }),
    route({
      ...LOOK,
      role: "technician",
      path: "/api/logs.txt",
      summary: "The same as a text to keep",
      query: asked,
      answer: TEXT,
      handle: async ({ query }) => download((await found(query)).map(asText).join(""), TEXT, "log"),
    }),
  ];
}

function bundleRoute(view: GatewayView, access: Access): Route {
  return route({
    ...LOOK,
    role: "admin",
    path: "/api/support-bundle",
    summary: "One file for support: status, configuration, log, frames, versions; without secrets",
    answer: GZIP,
    handle: async ({ caller: { name: who, address } }) => {
      const redact = createRedactor(await secretsOf(view, access));
      const bytes = await supportBundle(bundleSections(view, { access, redact }), redact);
      const deed = { who, address, action: "support.take", outcome: "done" } as const;
      await access.note({ ...deed, detail: `${bytes.length} bytes` });
      return download(bytes, GZIP, "support");
    },
  });
}

function download(body: string | Buffer, type: string, name: "log" | "support"): Reply {
  const file = name === "log" ? "headgate-log.txt" : "headgate-support.ndjson.gz";
  const headers = { "content-type": type, "content-disposition": `attachment; filename="${file}"` };
  return new Reply(body, { headers });
}

function asText({ atMs, level, message, fields }: LogLine): string {
  const beside = fields === "" ? "" : ` ${fields}`;
  return `${new Date(atMs).toISOString()} ${level.toUpperCase().padEnd(5)} ${message}${beside}\n`;
}
