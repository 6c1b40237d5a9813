import { Refused } from "@headgate/model";

const KNOWN: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk is full for this user",
  EROFS: "the disk takes no writes",
  EACCES: "this user may not; run it as the gateway's user, or as root",
  EPERM: "this user may not; run it as the gateway's user, or as root",
};

/** What the system says of files and disks is a person's matter, no bug. */
export async function explainFiles<T>(task: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const isOfSystem = cause instanceof Error && "syscall" in cause && "code" in cause;
    if (!isOfSystem) throw cause;
    const path = "path" in cause ? ` at "${cause.path}"` : "";
    const code = String(cause.code);
    const todo = KNOWN[code] ?? "look at the rights of this user and at the disk";
    throw new Refused(`${task}: ${code}${path}: ${todo}; nothing was put in place`);
  }
}
