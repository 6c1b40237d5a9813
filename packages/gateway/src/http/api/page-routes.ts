import { docsPage } from "./docs-page.ts";
import { openApiDocument } from "./openapi.ts";
import { Reply, type Route, route } from "./route.ts";

const HTML = "text/html; charset=utf-8";
const PAGE = { method: "GET", role: "anyone", csrf: "none", rate: "read", answer: HTML } as const;

/** The document of all routes, for programs and to read. It holds no figure of the gateway. */
export function pageRoutes(table: () => readonly Route[], prefix: string): readonly Route[] {
  return [
    route({
      ...PAGE,
      path: "/api/docs",
      summary: "This API, to read",
      handle: async () => {
        const { html, contentSecurityPolicy } = docsPage;
        const headers = { "content-type": HTML, "content-security-policy": contentSecurityPolicy };
        return new Reply(html, { headers });
      },
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
