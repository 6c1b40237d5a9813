/** What can be said of a part that is tried out; the page has words for each in two languages. */
export const EVIDENCE_CODES = [
  /** Another channel has the line. */
  "line-in-use",
  "line-opened",
  "line-down",
  "failed",
  "late",
  "read",
  "value",
  "unread",
  "nothing-to-read",
  "step",
  "no-probe",
  "too-many",
] as const;
export type EvidenceCode = (typeof EVIDENCE_CODES)[number];

export interface Evidence {
  readonly code: EvidenceCode;
  readonly params: Readonly<Record<string, string | number>>;
}

/** A new or changed part, tried out without anything being kept of it. */
export interface TrialItem {
  readonly kind: "channel" | "device" | "uplink";
  readonly id: string;
  readonly outcome: "good" | "bad" | "untried";
  readonly tookMs: number;
  readonly evidence: readonly Evidence[];
}

export function said(code: EvidenceCode, params: Evidence["params"] = {}): Evidence {
  return { code, params };
}
