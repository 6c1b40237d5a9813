import { Misconfigured, Unreachable } from "@headgate/model";

/** What SQLite's error asks for: patience or a person; any other error comes back as it is. */
export function storeFault(error: unknown, what: string): unknown {
  const code = codeOf(error);
  if (code === null) return error;
  if (code === "SQLITE_FULL" || code === "ENOSPC" || code === "EDQUOT") {
    return new Unreachable(`${what}: the disk is full; free some space`, { cause: error });
  }
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return new Unreachable(`${what}: another process holds it; end that one`, { cause: error });
  }
  // After a failed fsync only a fresh handle tells what is on the disk.
  if (code.startsWith("SQLITE_IOERR") || code === "EIO") {
    return new Unreachable(`${what}: the disk fails; check it`, { cause: error });
  }
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") {
    return new Misconfigured(
      `${what}: the file is damaged or no store; set it aside, gateways send again what they keep`,
      { cause: error },
    );
  }
  const isPlace = ["SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "EACCES", "EROFS"];
  if (isPlace.some((start) => code.startsWith(start))) {
    return new Misconfigured(`${what}: cannot be written; check path and rights`, {
      cause: error,
    });
  }
  return error;
}

/** Of an error that says that a statement was given what the database cannot keep. */
const OF_CONTENTS = /^(SQLITE_(CONSTRAINT|MISMATCH|RANGE|TOOBIG|ERROR)|ERR_)/;

/** Whether it is what was to be written that is wrong, and neither the disk nor the file. */
export function isOfContents(error: unknown): boolean {
  const code = codeOf(error);
  return code === null || OF_CONTENTS.test(code);
}

function codeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}
