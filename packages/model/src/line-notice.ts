/** Something that a person should know of a line that works. */
export interface LineNotice {
  readonly code: "read-not-watched" | "certificate-expiring" | "certificate-expired";
  /** For people: what it is, and what to do. */
  readonly text: string;
}
