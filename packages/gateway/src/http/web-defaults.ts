import type { WebConfig } from "../config/config.ts";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i;

/** Whether only this machine reaches what is served there. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** Plain HTTP is for loopback alone. */
export function isTls({ host, tls }: WebConfig): boolean {
  return tls === true || !isLoopback(host);
}

/** Whoever is on this machine may look; whoever comes over a network says who it is. */
export function anonymousRole({ host, anonymous }: WebConfig): "viewer" | "none" {
  return anonymous ?? (isLoopback(host) ? "viewer" : "none");
}

/**
 * Whether a request's Host may mean a server on `host`. A web site whose name was made to point to
 * this machine must not read, through a visitor's browser, what is served on loopback only.
 */
export function isOwnName(given: string | undefined, host: string): boolean {
  return given === undefined || !isLoopback(host) || isLoopback(given.replace(/:\d+$/, ""));
}
