import { readFile } from "node:fs/promises";
import { Misconfigured } from "@headgate/model";

/** The contents of a file that holds a secret, without the line's end. */
export async function readSecret(path: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).trimEnd();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Misconfigured(`read secret file "${path}": ${code}; check path and permissions`);
  }
}
