import { z } from "zod";
import { readWebFile, type WebFile } from "../web-files.ts";
import { notFound } from "./api-problem.ts";
import { Reply, type Route, route } from "./route.ts";

const PAGE = { method: "GET", role: "anyone", csrf: "none", rate: "read" } as const;

/** Nothing runs and nothing is loaded but what the gateway itself serves. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

/** Their names hold a hash of what is in them. */
const FOR_EVER = "public, max-age=31536000, immutable";

/** The page: static files, the same for everyone. None holds a figure of the gateway. */
export function webRoutes(): readonly Route[] {
  return [
    route({
      ...PAGE,
      path: "/",
      summary: "The technician's page; /basic where it was not built",
      answer: "text/html; charset=utf-8",
      handle: async ({ header }) => {
        const file = await readWebFile("index.html", { accepts: header("accept-encoding") });
        if (!file) return new Reply("", { status: 302, headers: { location: "basic" } });
        return reply(file, { "cache-control": "no-cache", "content-security-policy": POLICY });
      },
    }),
    route({
      ...PAGE,
      path: "/assets/:file",
      summary: "Scripts and styles of the page",
      params: z.strictObject({ file: z.string() }),
      problems: ["not-found"],
      answer: "application/octet-stream",
      handle: async ({ params: { file: name }, header }) => {
        const accepts = header("accept-encoding");
        const file = await readWebFile(name, { folder: "assets/", accepts });
        if (!file) throw notFound(`file "${name}"`);
        return reply(file, { "cache-control": FOR_EVER });
      },
    }),
  ];
}

function reply({ bytes, encoding, type }: WebFile, headers: Record<string, string>): Reply {
  return new Reply(bytes, {
    headers: {
      ...headers,
      "content-type": type,
      vary: "accept-encoding",
      ...(encoding && { "content-encoding": encoding }),
    },
  });
}
