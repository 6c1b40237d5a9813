import type { Log } from "@headgate/model";

/** Says in the log that whoever reaches this address may look: nothing here has a login. */
export function warnIfOpen(what: string, host: string, log: Log): void {
  if (/^(localhost|127(\.\d+){3}|::1)$/.test(host)) return;
  const todo = "let a firewall, or a proxy with a login, stand in front; or listen on 127.0.0.1";
  log.warn(`${what} has no login, and can be reached from the network`, { host, todo });
}
