import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { LineNotice } from "@headgate/model";
import type { Link } from "./link.ts";
import type { Notices } from "./notices.ts";

const dayMs = 86_400_000;
/** From here on a person should do something. */
const warnDays = 30;
/** A session may be up for years. */
const lookMs = dayMs / 4;

/** A certificate whose end matters. */
export interface Dated {
  readonly whose: "own" | "server";
  readonly validToMs: number;
  /** Of the own one: where it is. */
  readonly file?: string;
}

/** What to say of it; null while there is time. */
export function expiryNotice({ whose, validToMs, file }: Dated, nowMs: number): LineNotice | null {
  if (validToMs - nowMs > warnDays * dayMs) return null;
  const isOver = validToMs <= nowMs;
  const day = new Date(validToMs).toISOString().slice(0, 10);
  const when = `${isOver ? "expired" : "expires"} on ${day}`;
  const text =
    whose === "own"
      ? `this gateway's certificate ${when}; take "${file}" away: the next session makes ` +
        "a new one, which the server must trust then"
      : `the server's certificate ${when}; have it renewed there, then trust the new one ` +
        "(headgate certificates trust)";
  return { code: isOver ? "certificate-expired" : "certificate-expiring", text };
}

/** Says it in time, as long as the session lives. */
export async function watchCertificates(
  link: Link,
  ownFile: string,
  notices: Notices,
): Promise<void> {
  const { clock, log } = link.context;
  const certificates = [await ownOf(ownFile), serverOf(link)].filter((one) => one !== null);
  while (!link.lost.aborted) {
    for (const one of certificates) {
      const notice = expiryNotice(one, clock.nowMs());
      if (notices.set(`certificate ${one.whose}`, notice) && notice) log.warn(notice.text);
    }
    await clock.sleep(lookMs, link.lost);
  }
}

async function ownOf(file: string): Promise<Dated | null> {
  try {
    return { whose: "own", validToMs: endOf(await readFile(file)), file };
  } catch {
    // Taken away while the session goes on: the next one makes another.
    return null;
  }
}

function serverOf({ session }: Link): Dated | null {
  // Of a chain the first is the server's own.
  const [certificate] = [session.serverCertificate].flat();
  if (!certificate || certificate.length === 0) return null;
  try {
    return { whose: "server", validToMs: endOf(certificate) };
  } catch {
    // Without security nobody looks at it, and it may be anything.
    return null;
  }
}

const endOf = (bytes: Uint8Array) => Date.parse(new X509Certificate(bytes).validTo);
