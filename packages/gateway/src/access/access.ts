import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type Log, Refused } from "@headgate/model";
import { type Account, Accounts, type Kept, type Token } from "./accounts.ts";
import { AuditLog, type Deed } from "./audit-log.ts";
import { isClaimCode, newClaimCode } from "./claim-code.ts";
import { replaceFile, textIfThere } from "./durable-file.ts";
import { LockOut } from "./lock-out.ts";
import { networkOf } from "./network-of.ts";
import { hashPassword, isPassword, NOBODYS_HASH } from "./password.ts";
import { Sessions } from "./sessions.ts";

/** A code has forty bits: so few guesses an hour find none. */
const CLAIM_TRIES_FREE = 10;
/** Wrong logins from one address, whatever the names. */
const ADDRESS_TRIES_FREE = 20;

/** The files of a gateway's page, below its data. */
export function accessFiles(folder: string) {
  return {
    accounts: join(folder, "accounts.json"),
    sessions: join(folder, "sessions.json"),
    claimCode: join(folder, "claim-code"),
    localToken: join(folder, "local-token"),
    audit: join(folder, "audit"),
    certificates: join(folder, "certificates"),
  };
}

/** What became of an attempt to get in. */
export type Entry<T> =
  | { readonly kind: "in"; readonly value: T }
  | { readonly kind: "wrong" }
  | { readonly kind: "locked"; readonly forMs: number };

interface Parts {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly log: Log;
  readonly localToken: string;
}

/** Who may do what on this box, and who did. */
export class Access {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly audit: AuditLog;
  readonly clock: Clock;
  /** Whoever can read this file owns the gateway's data: the command line on this machine. */
  readonly localToken: string;
  readonly folder: string;
  readonly #byName = new LockOut();
  readonly #byAddress = new LockOut(ADDRESS_TRIES_FREE);
  readonly #claims = new LockOut(CLAIM_TRIES_FREE);
  readonly #log: Log;

  private constructor(folder: string, parts: Parts) {
    this.folder = folder;
    this.#log = parts.log;
    this.accounts = parts.accounts;
    this.sessions = parts.sessions;
    this.audit = parts.audit;
    this.clock = parts.clock;
    this.localToken = parts.localToken;
  }

  static async open(
    folder: string,
    { clock, log, isHosts = false }: { clock: Clock; log: Log; isHosts?: boolean },
  ): Promise<Access> {
    const files = accessFiles(folder);
    const accounts = await Accounts.open(files.accounts);
    const localToken = randomBytes(32).toString("base64url");
    await replaceFile(files.localToken, `${localToken}\n`).catch((error: unknown) => {
      // A full disk is no reason to show no page.
      log.warn("the command line cannot ask this gateway: its token could not be kept", { error });
    });
    const sessions = await Sessions.open(files.sessions, (error) => {
      log.warn("logins cannot be kept: they end with the next restart", { error });
    });
    const audit = await AuditLog.open(files.audit);
    const access = new Access(folder, { accounts, sessions, audit, clock, log, localToken });
    // Where another program says who asks, there is nothing to claim.
    if (!accounts.isClaimed && !isHosts) {
      const code = await access.claimCode();
      log.warn(`nobody owns this gateway yet: claim it on its page with the code ${code}`);
    }
    return access;
  }

  /** The code that makes whoever knows it the first admin; made when first asked for. */
  async claimCode(): Promise<string> {
    const { claimCode: path } = accessFiles(this.folder);
    const found = (await textIfThere(path))?.trim();
    if (found) return found;
    const code = newClaimCode();
    await replaceFile(path, `${code}\n`);
    return code;
  }

  /** Makes the first admin. */
  async claim(
    code: string,
    { name, password, address }: { name: string; password: string; address: string },
  ): Promise<Entry<Account>> {
    const nowMs = this.clock.monotonicMs();
    const forMs = this.#claims.lockedForMs("claim", nowMs);
    if (forMs > 0) return { kind: "locked", forMs };
    if (!isClaimCode(code, await this.claimCode())) {
      await this.note({
        who: name,
        address,
        action: "claim",
        outcome: "refused",
        detail: "wrong code",
      });
      return this.#refused(this.#claims.wrong("claim", nowMs));
    }
    const account = await this.makeAccount({ name, password, role: "admin" }, ({ accounts }) => {
      // Two may have come with the same code.
      if (accounts.some(({ role }) => role === "admin")) throw new Refused("it is claimed already");
    });
    await rm(accessFiles(this.folder).claimCode, { force: true });
    await this.note({ who: name, address, action: "claim", outcome: "done", detail: "" });
    return { kind: "in", value: account };
  }

  /** Adds an account, or puts it in the place of the one with its name, if it `may` by then. */
  async makeAccount(
    { name, role, password }: Pick<Account, "name" | "role"> & { password: string },
    may?: (kept: Kept) => void,
  ): Promise<Account> {
    const hash = await hashPassword(password);
    const account = { name, role, password: hash, createdMs: this.clock.nowMs() };
    await this.accounts.putAccount(account, may);
    return account;
  }

  async login(name: string, password: string, address: string): Promise<Entry<Account>> {
    const nowMs = this.clock.monotonicMs();
    const network = networkOf(address);
    const key = `${name} ${network}`;
    const forMs = Math.max(
      this.#byName.lockedForMs(key, nowMs),
      this.#byAddress.lockedForMs(network, nowMs),
    );
    if (forMs > 0) return { kind: "locked", forMs };
    const account = this.accounts.account(name);
    const isRight = await isPassword(password, account?.password ?? NOBODYS_HASH);
    const deed = { who: name, address, action: "login" } as const;
    if (account && isRight) {
      this.#byName.right(key);
      await this.note({ ...deed, outcome: "done", detail: "" });
      return { kind: "in", value: account };
    }
    const lockMs = Math.max(this.#byName.wrong(key, nowMs), this.#byAddress.wrong(network, nowMs));
    const detail = lockMs > 0 ? `locked out for ${Math.ceil(lockMs / 1000)} s` : "";
    await this.note({ ...deed, outcome: "refused", detail });
    return this.#refused(lockMs);
  }

  /** What a bearer's secret opens now; null if nothing. */
  tokenOf(bearer: string): Token | "local" | null {
    if (isSame(bearer, this.localToken)) return "local";
    const [, id = "", secret = ""] = /^hg_([0-9a-f]+)_([\w-]+)$/.exec(bearer) ?? [];
    const token = this.accounts.token(id);
    if (!token || !isSame(hashOf(secret), token.hash)) return null;
    return token.expiresMs > this.clock.nowMs() ? token : null;
  }

  /** A new token; `secret` is shown once and kept nowhere. */
  async makeToken(
    wanted: Pick<Token, "name" | "role" | "paths" | "expiresMs">,
  ): Promise<{ token: Token; secret: string }> {
    const id = randomBytes(4).toString("hex");
    const secret = randomBytes(32).toString("base64url");
    const token = { id, ...wanted, hash: hashOf(secret), createdMs: this.clock.nowMs() };
    await this.accounts.addToken(token);
    return { token, secret: `hg_${id}_${secret}` };
  }

  /** What is done after this is in the gateway's log alone. */
  async close(): Promise<void> {
    await this.audit.close();
  }

  /** Into the log of who did what; where the disk is full, into the gateway's. */
  async note(deed: Deed): Promise<void> {
    try {
      await this.audit.add(deed, this.clock.nowMs());
    } catch (error) {
      this.#log.error("not kept in the log of who did what", { ...deed, error });
    }
  }

  #refused(lockMs: number): Entry<never> {
    return lockMs > 0 ? { kind: "locked", forMs: lockMs } : { kind: "wrong" };
  }
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

function isSame(given: string, kept: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(given)), Buffer.from(hashOf(kept)));
}
