import type { Problem } from "@headgate/gateway/api-types";
import { session } from "../session.svelte.ts";
import { refusalOf } from "./ask.ts";

/** Has the gateway make a backup, and gives it to the browser as a file. */
export async function takeBackup(passphrase: string): Promise<void> {
  const answer = await fetch("api/backup", {
    method: "POST",
    cache: "no-store",
    headers: {
      "accept-language": document.documentElement.lang,
      "content-type": "application/json",
      "x-csrf-token": session.csrf,
    },
    body: JSON.stringify({ passphrase }),
  });
  if (!answer.ok) throw refusalOf((await answer.json()) as Problem);
  const said = answer.headers.get("content-disposition") ?? "";
  const name = /filename="([^"]+)"/.exec(said)?.[1] ?? "headgate.hgb";
  const url = URL.createObjectURL(await answer.blob());
  try {
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
  } finally {
    // The browser has to begin with it first.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
}
