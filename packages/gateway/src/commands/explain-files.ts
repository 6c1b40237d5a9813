import { Refused } from "@headgate/model";

/** What the system says of files and disks is a person's matter, no bug. */
export async function explainFiles<T>(task: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const isOfSystem = cause instanceof Error && "syscall" in cause && "code" in cause;
    if (!isOfSystem) throw cause;
    const path = "path" in cause ? ` at "${cause.path}"` : "";
    const todo = "look at the rights of this user and at the disk; nothing was put in place";
    throw new Refused(`${task}: ${cause.code}${path}; ${todo}`, { cause });
  }
}
