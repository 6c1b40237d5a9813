import type { IncomingMessage } from "node:http";
import { createTrust } from "../access/asker-address.ts";
import type { WebConfig } from "../config/config.ts";
import type { Role } from "./api/route.ts";
import { anonymousRole, isOwnName, isTls } from "./web-defaults.ts";

/** Who asks, as the program says that a gateway is embedded in. */
export interface HostUser {
  /** For the log of who did what. */
  readonly name: string;
  readonly role: Role;
}

/** Null: nobody it knows. */
export type WhoAsks = (request: IncomingMessage) => HostUser | null | Promise<HostUser | null>;

/** Where browsers find the page, and on what terms. */
export interface Site {
  /** "/edge"; "" where the page has a server of its own. */
  readonly prefix: string;
  readonly isTls: boolean;
  readonly anonymous: "viewer" | "none";
  isOwnName(host: string | undefined): boolean;
  /** Whether this one's word is taken for whom it asks (`X-Forwarded-For`). */
  isTrustedProxy(address: string): boolean;
  /** Null: the box's own accounts decide. */
  readonly whoAsks: WhoAsks | null;
}

/** Of a server of the gateway's own. */
export function siteOf(web: WebConfig): Site {
  return {
    prefix: "",
    isTls: isTls(web),
    anonymous: anonymousRole(web),
    isOwnName: (host) => isOwnName(host, web.host),
    isTrustedProxy: createTrust(web.trustedProxies ?? []),
    whoAsks: null,
  };
}
