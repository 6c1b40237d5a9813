/** Bytes from the wire that are not what the protocol says. Only their sender can mend that. */
export class BadFrame extends Error {
  override name = "BadFrame";
}
