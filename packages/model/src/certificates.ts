/** A certificate that a line's other side showed, or our own. */
export interface SeenCertificate {
  /** SHA-1 of the certificate, as OPC UA and people's tools name it: 40 hex digits. */
  readonly thumbprint: string;
  readonly subject: string;
  /** "seen" waits for a person; "own" is for the other side's trust list. */
  readonly state: "own" | "seen" | "trusted" | "rejected";
  readonly validFromMs: number;
  readonly validToMs: number;
  /** Which application it is of, where it says so. */
  readonly uri: string;
  readonly file: string;
}

/** What a driver keeps in a channel's folder of whom it trusts. */
export interface CertificateInbox {
  list(directory: string): Promise<readonly SeenCertificate[]>;
  /** Null if there is none of this thumbprint. A running gateway knows at its next attempt. */
  decide(
    directory: string,
    thumbprint: string,
    state: "trusted" | "rejected",
  ): Promise<SeenCertificate | null>;
}
