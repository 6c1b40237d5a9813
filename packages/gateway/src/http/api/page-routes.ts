import type { GatewayView } from "../../status.ts";
import { overviewPage } from "../overview-page.ts";
import { PLAIN_POLICY, plainPage } from "../plain-page.ts";
import { docsPage } from "./docs-page.ts";
import { openApiDocument } from "./openapi.ts";
import { Reply, type Route, route } from "./route.ts";
import { statusOf } from "./status-routes.ts";

const HTML = "text/html; charset=utf-8";
const PAGE = { method: "GET", role: "anyone", csrf: "none", rate: "read", answer: HTML } as const;

type Page = typeof overviewPage;

function pageReply({ html, contentSecurityPolicy }: Page): Reply {
  const headers = { "content-type": HTML, "content-security-policy": contentSecurityPolicy };
  return new Reply(html, { headers });
}

/** The pages and the document of all routes. Only the plain one holds figures of the gateway. */
export function pageRoutes(
  view: GatewayView,
  table: () => readonly Route[],
  prefix: string,
): readonly Route[] {
  return [
    route({
      ...PAGE,
      path: "/basic",
      summary: "One plain page: Field → Points → Buffer → Upstream",
      handle: async () => pageReply(overviewPage),
    }),
    route({
      ...PAGE,
      role: "viewer",
      rate: "bulk",
      path: "/basic/plain",
      summary: "Status and values without a script; /basic leads there where scripts are off",
      problems: ["starting"],
      handle: async ({ lang }) => {
        const html = plainPage(statusOf(view), view.points(), lang);
        const headers = { "content-type": HTML, "content-security-policy": PLAIN_POLICY };
        return new Reply(html, { headers });
      },
    }),
    route({
      ...PAGE,
      path: "/api/docs",
      summary: "This API, to read",
      handle: async () => pageReply(docsPage),
    }),
    route({
      ...PAGE,
      rate: "bulk",
      path: "/api/openapi.json",
      summary: "This API as OpenAPI 3.1",
      answer: "application/json",
      handle: async () => {
        const headers = { "content-type": "application/json; charset=utf-8" };
        return new Reply(JSON.stringify(openApiDocument(table(), prefix)), { headers });
      },
    }),
  ];
}
