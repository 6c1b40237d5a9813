import type { ReadStream } from "node:tty";
import { Misconfigured, Refused } from "@headgate/model";
import { readSecret } from "./read-secret.ts";

const CHARACTERS_MAX = 1_000;

/** Where a passphrase comes from: never from the command line, which everybody may read. */
export interface PassphraseFrom {
  /** A file that holds it. */
  readonly file: string | undefined;
  /** A new one is typed twice. */
  readonly isNew: boolean;
  readonly signal: AbortSignal;
}

/** From a file; typed without being shown; or the first line of what is piped in. */
export async function readPassphrase({ file, isNew, signal }: PassphraseFrom): Promise<string> {
  if (file !== undefined) return await readSecret(file);
  if (!process.stdin.isTTY) return await firstLine();
  const typed = await typeUnseen("Passphrase: ", process.stdin, signal);
  if (isNew && (await typeUnseen("Once more: ", process.stdin, signal)) !== typed) {
    throw new Refused("the two passphrases differ; nothing was written");
  }
  return typed;
}

async function firstLine(): Promise<string> {
  let text = "";
  for await (const piece of process.stdin.setEncoding("utf8")) {
    text += piece;
    if (text.includes("\n") || text.length > CHARACTERS_MAX) break;
  }
  const [line = ""] = text.split(/\r?\n/);
  if (line !== "") return line;
  const todo = "pipe it in, or name a file that holds it with --passphrase-file";
  throw new Misconfigured(`no passphrase came: ${todo}`);
}

/** One line of a terminal, which shows nothing of it. */
async function typeUnseen(
  question: string,
  terminal: ReadStream,
  signal: AbortSignal,
): Promise<string> {
  // Before it is asked for: who types at once is not shown either.
  terminal.setRawMode(true).setEncoding("utf8").resume();
  process.stderr.write(question);
  try {
    return await new Promise((resolve, reject) => {
      let typed: string[] = [];
      const stop = () => reject(new Refused("it was stopped; nothing was done"));
      const hear = (keys: string) => {
        for (const key of keys) {
          if (key === "\r" || key === "\n") return end(() => resolve(typed.join("")));
          if (key === "\u0003" || key === "\u0004") return end(stop);
          if (key === "\u007f" || key === "\b") typed = typed.slice(0, -1);
          else if (key >= " " && typed.length < CHARACTERS_MAX) typed.push(key);
        }
      };
      const end = (tell: () => void) => {
        terminal.off("data", hear);
        tell();
      };
      terminal.on("data", hear);
      signal.addEventListener("abort", () => end(stop), { once: true });
    });
  } finally {
    terminal.setRawMode(false).pause();
    process.stderr.write("\n");
  }
}
