import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { replaceFile, textIfThere } from "./durable-file.ts";

const HOUR_MS = 3_600_000;
/** Without a question for so long, a session is over. */
export const IDLE_MS_MAX = 8 * HOUR_MS;
/** And after so long, whatever is asked. */
export const ABSOLUTE_MS_MAX = 30 * 24 * HOUR_MS;
/** The oldest goes when there are more. */
export const SESSIONS_MAX = 100;
/** That it was used is worth a write so often. */
const TOUCH_MS = 300_000;

const sessionSchema = z.strictObject({
  /** Names it in lists and in the audit log; does not open anything. */
  id: z.string(),
  /** Of the cookie's secret. */
  hash: z.string(),
  csrf: z.string(),
  account: z.string(),
  address: z.string(),
  createdMs: z.number(),
  usedMs: z.number(),
});
const fileSchema = z.strictObject({ v: z.literal(1), sessions: z.array(sessionSchema) });

export type Session = z.infer<typeof sessionSchema>;

/** Told where logins cannot be kept: they hold until the next restart. */
type OnFault = (error: unknown) => void;

/** Logins that last; kept, so that a restart does not end them. */
export class Sessions {
  readonly #path: string;
  readonly #onFault: OnFault;
  #sessions: readonly Session[];
  #writtenMs = 0;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, sessions: readonly Session[], onFault: OnFault) {
    this.#path = path;
    this.#sessions = sessions;
    this.#onFault = onFault;
  }

  static async open(path: string, onFault: OnFault): Promise<Sessions> {
    const text = await textIfThere(path);
    if (text === null) return new Sessions(path, [], onFault);
    try {
      return new Sessions(path, fileSchema.parse(JSON.parse(text)).sessions, onFault);
    } catch {
      return new Sessions(path, [], onFault); // Damaged: all log in once more, which is safe.
    }
  }

  /** A new one; `secret` goes into the cookie and is kept nowhere. */
  async begin(
    { account, address }: Pick<Session, "account" | "address">,
    nowMs: number,
  ): Promise<{ session: Session; secret: string }> {
    const secret = randomBytes(32).toString("base64url");
    const session: Session = {
      id: randomBytes(6).toString("hex"),
      hash: hashOf(secret),
      csrf: randomBytes(24).toString("base64url"),
      ...{ account, address, createdMs: nowMs, usedMs: nowMs },
    };
    const alive = this.list(nowMs).toSorted((a, b) => b.usedMs - a.usedMs);
    // A full disk must not keep out whoever comes to see why.
    await this.#keep([session, ...alive].slice(0, SESSIONS_MAX), nowMs).catch(this.#onFault);
    return { session, secret };
  }

  /** The session that a cookie opens, which is used now; null if it is none or over. */
  async use(secret: string, nowMs: number): Promise<Session | null> {
    const hash = hashOf(secret);
    const found = this.#sessions.find((session) => session.hash === hash);
    if (!found || !isAlive(found, nowMs)) return null;
    found.usedMs = nowMs;
    if (nowMs - this.#writtenMs >= TOUCH_MS) {
      await this.#keep(this.list(nowMs), nowMs).catch(this.#onFault);
    }
    return found;
  }

  list(nowMs: number): readonly Session[] {
    return this.#sessions.filter((session) => isAlive(session, nowMs));
  }

  /** Ends those that `isMeant`; resolves with how many. Rejects if a restart brought them back. */
  async end(isMeant: (session: Session) => boolean, nowMs: number): Promise<number> {
    const alive = this.list(nowMs);
    const left = alive.filter((session) => !isMeant(session));
    await this.#keep(left, nowMs);
    return alive.length - left.length;
  }

  async #keep(sessions: readonly Session[], nowMs: number): Promise<void> {
    this.#sessions = sessions;
    this.#writtenMs = nowMs;
    // One after the other, each with what is so by then.
    const write = () =>
      replaceFile(this.#path, `${JSON.stringify({ v: 1, sessions: this.#sessions })}\n`);
    const written = this.#writing.then(write, write);
    this.#writing = written;
    await written;
  }
}

/** A clock that was set back makes no session older than it is, and none immortal. */
function isAlive({ createdMs, usedMs }: Session, nowMs: number): boolean {
  const isOld = Math.abs(nowMs - createdMs) > ABSOLUTE_MS_MAX;
  return !isOld && Math.abs(nowMs - usedMs) <= IDLE_MS_MAX;
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
