const TEXTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused; check the port, and that the device is ready for it",
  ENOTFOUND: "host not found; check the name, and the name server (DNS) of this machine",
  EAI_AGAIN: "the name server (DNS) does not answer; check the network, or write an IP address",
  EHOSTUNREACH:
    "no way to the host; check the address, the cable, the power, and the firewall of this machine",
  ENETUNREACH: "no way to the network; check this machine's address and gateway",
  ECONNRESET: "the far side ended the connection at once; it may take no more of them",
  ETIMEDOUT: "no answer; check the address, the cable and the power",
};

/** Why a connect failed, in plain words with what to do; the system's own where unknown. */
export function connectFaultText(cause: Error & { readonly code?: string | undefined }): string {
  // A name with several addresses fails with one error for each.
  const causes: readonly unknown[] = cause instanceof AggregateError ? cause.errors : [];
  const first = causes.find((one): one is Error => one instanceof Error);
  const text = cause.message || (first?.message ?? "no reason given");
  const known = TEXTS[cause.code ?? ""];
  return known === undefined ? text : `${known} (${cause.code})`;
}
