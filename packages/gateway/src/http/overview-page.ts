import { createHash } from "node:crypto";
import { overviewHtml } from "./overview-html.ts";
import { overviewScript } from "./overview-script.ts";
import { overviewStyle } from "./overview-style.ts";

const hashOf = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** The one plain page at `/basic`: the path Field → Points → Buffer → Upstream, live. */
export const overviewPage: { readonly html: string; readonly contentSecurityPolicy: string } = {
  html: overviewHtml({ style: overviewStyle, script: overviewScript }),
  // Names of devices are foreign text: nothing runs but this very script.
  contentSecurityPolicy: [
    "default-src 'none'",
    `script-src ${hashOf(overviewScript)}`,
    `style-src ${hashOf(overviewStyle)}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
};
