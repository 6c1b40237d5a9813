import { Misconfigured, Unreachable } from "@headgate/model";

/** CONNACK codes of 3.1.1 (1 to 5) and 5 (from 128) that only a person can mend. */
const REFUSALS: Readonly<Record<number, string>> = {
  2: "client id refused; set clientId",
  4: "wrong username or password",
  5: "not authorised; check username and password",
  133: "client id refused; set clientId",
  134: "wrong username or password",
  135: "not authorised; check username and password",
  138: "banned by the server",
  140: "authentication method refused",
};
const WAITS: Readonly<Record<number, string>> = {
  3: "server unavailable",
  136: "server unavailable",
  137: "server busy",
  151: "server's quota is exceeded",
  156: "server asks to use another server",
  157: "server has moved",
  159: "connection rate exceeded",
};
const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "check host and port, and that the server runs",
  ENOTFOUND: "check the server's name, and the name server (DNS) of this machine",
  EAI_AGAIN: "check the network and the name server (DNS) of this machine",
  EHOSTUNREACH: "check the address, the network and the firewall of this machine",
  ENETUNREACH: "check this machine's network",
};
const CERTIFICATE = /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

/** Whether the server speaks, but not this version of MQTT. */
export function isVersionRefused(error: unknown): boolean {
  const code = codeOf(error);
  return code === 1 || code === 132;
}

/** Whether there was no connection at all, so that another version would not help. */
export function isBeforeMqtt(error: unknown): boolean {
  const code = codeOf(error);
  return typeof code === "string" ? code !== "ECONNRESET" : code !== undefined && code > 1;
}

/** A failed connect by what must be done about it. */
export function connectFault(url: string, error: unknown): Unreachable | Misconfigured {
  const where = `connect "${withoutLogin(url)}"`;
  const code = codeOf(error);
  if (typeof code === "number") {
    const refusal = REFUSALS[code];
    if (refusal !== undefined) return new Misconfigured(`${where}: ${refusal}`);
    return new Unreachable(`${where}: ${WAITS[code] ?? `refused with code ${code}`}`);
  }
  const text = error instanceof Error ? error.message : String(error);
  if (code !== undefined && CERTIFICATE.test(code)) {
    return new Misconfigured(`${where}: ${text}; check ca, the server's name and the clock`);
  }
  const hint = HINTS[String(code)];
  return new Unreachable(`${where}: ${text}${hint === undefined ? "" : `; ${hint}`}`);
}

/** The address without the username and password it may hold. */
export function withoutLogin(url: string): string {
  return url.replace(/\/\/[^/]*@/, "//");
}

function codeOf(error: unknown): string | number | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  const { code } = error;
  return typeof code === "string" || typeof code === "number" ? code : undefined;
}
