import { describeError, Misconfigured, Unreachable } from "@headgate/model";
import type { Config } from "./settings.ts";

/** What was being opened, for the text. */
export interface Attempt {
  readonly config: Config;
  /** The own certificate, for the server's trust list. */
  readonly ownFile: string;
}

interface Rule {
  readonly pattern: RegExp;
  readonly advice: (attempt: Attempt) => string;
}

/** Refusals that no retry heals, by what the library or the server says. */
const rules: readonly Rule[] = [
  {
    pattern: /BadUserAccessDenied|BadIdentityToken(Invalid|Rejected)/,
    advice: ({ config }) =>
      config.userCertificate !== undefined
        ? "the server refuses the user certificate; it must be trusted there as a user's"
        : config.username === undefined
          ? "the server refuses anonymous; give username and password"
          : `the server refuses user "${config.username}"; check username and password`,
  },
  {
    pattern: /Cannot find (ANONYMOUS|USERNAME|CERTIFICATE) user token policy/,
    advice: ({ config }) =>
      config.username === undefined
        ? "this endpoint takes no anonymous users; give username and password"
        : "this endpoint takes no user names; leave out username and password",
  },
  {
    pattern: /Cannot find an Endpoint matching|BadSecurity(Policy|Mode)Rejected/,
    advice: ({ config }) =>
      `the server offers no ${config.securityPolicy} with mode ${config.securityMode ?? "None"}; ` +
      "choose a securityPolicy and securityMode that it offers",
  },
  {
    pattern: /BadSecurityChecksFailed|BadCertificateUntrusted/,
    advice: ({ ownFile }) =>
      `the server does not trust this gateway; add "${ownFile}" to its trusted certificates`,
  },
  {
    pattern: /BadTcpEndpointUrlInvalid/,
    advice: () => "the server does not know this endpoint; check the path after host and port",
  },
  {
    pattern: /BadCertificate\w+/,
    advice: () =>
      "a certificate is refused; check both clocks and the certificates' dates and names",
  },
];

/** What to do about a connection that did not come up. */
export function openFault(error: unknown, attempt: Attempt): Unreachable | Misconfigured {
  const text = plainText(error);
  const where = `open opcua "${attempt.config.endpoint}"`;
  if (error instanceof Misconfigured) return new Misconfigured(`${where}: ${text}`);
  const rule = rules.find(({ pattern }) => pattern.test(text));
  if (rule) return new Misconfigured(`${where}: ${rule.advice(attempt)} (${text})`);
  // A server that distrusts us may hang up without a word, but so does one that restarts.
  const hungUp = isSecured(attempt) && /disconnected by third party/.test(text);
  const doubt = hungUp ? ` and that it trusts "${attempt.ownFile}"` : "";
  return new Unreachable(
    `${where}: ${text}; check address, network and that the server runs${doubt}`,
  );
}

/** On one line, without the library's guess around the cause: "… Err = (connect ECONNREFUSED)". */
export function plainText(error: unknown): string {
  const text = describeError(error).replace(/\s+/g, " ").trim();
  return /Err = \((.*)\)$/.exec(text)?.[1] ?? text;
}

function isSecured({ config }: Attempt): boolean {
  return config.securityPolicy !== "None";
}
