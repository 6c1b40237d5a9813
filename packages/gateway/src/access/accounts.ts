import { Misconfigured, Refused } from "@headgate/model";
import { z } from "zod";
import { Turns } from "../turns.ts";
import { replaceFile, textIfThere } from "./durable-file.ts";

export const ACCOUNTS_MAX = 50;
export const TOKENS_MAX = 50;

export const roleSchema = z.enum(["viewer", "technician", "admin"]);

const accountSchema = z.strictObject({
  name: z.string(),
  role: roleSchema,
  /** In the PHC form. */
  password: z.string(),
  createdMs: z.number(),
});

const tokenSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  role: roleSchema,
  /** Only below these paths; everywhere if empty. */
  paths: z.array(z.string()),
  /** Of the secret: it has 256 bits of its own, so that a fast hash serves. */
  hash: z.string(),
  createdMs: z.number(),
  expiresMs: z.number(),
});

const fileSchema = z.strictObject({
  v: z.literal(1),
  accounts: z.array(accountSchema).max(ACCOUNTS_MAX),
  tokens: z.array(tokenSchema).max(TOKENS_MAX),
});

export type Account = z.infer<typeof accountSchema>;
export type Token = z.infer<typeof tokenSchema>;
export type Kept = Pick<z.infer<typeof fileSchema>, "accounts" | "tokens">;

/** Who may log in, and which programs may ask. */
export class Accounts {
  readonly #path: string;
  #kept: Kept;
  readonly #turns = new Turns();

  private constructor(path: string, kept: Kept) {
    this.#path = path;
    this.#kept = kept;
  }

  /** A damaged file is no empty one: that would let anybody claim the box. */
  static async open(path: string): Promise<Accounts> {
    const text = await textIfThere(path);
    if (text === null) return new Accounts(path, { accounts: [], tokens: [] });
    try {
      const { accounts, tokens } = fileSchema.parse(JSON.parse(text));
      return new Accounts(path, { accounts, tokens });
    } catch (cause) {
      const todo = "bring it back from a backup, or remove it to claim the gateway anew";
      throw new Misconfigured(`${path} is damaged; ${todo}`, { cause });
    }
  }

  /** Nobody owns the box before it has an admin. */
  get isClaimed(): boolean {
    return this.#kept.accounts.some(({ role }) => role === "admin");
  }

  get accounts(): readonly Account[] {
    return this.#kept.accounts;
  }

  get tokens(): readonly Token[] {
    return this.#kept.tokens;
  }

  account(name: string): Account | null {
    return this.#kept.accounts.find((account) => account.name === name) ?? null;
  }

  token(id: string): Token | null {
    return this.#kept.tokens.find((token) => token.id === id) ?? null;
  }

  /** Adds it, or puts it in the place of the one with its name; `may` throws if it may not. */
  async putAccount(account: Account, may: (kept: Kept) => void = () => {}): Promise<void> {
    await this.#change((kept) => {
      may(kept);
      const others = kept.accounts.filter(({ name }) => name !== account.name);
      return { ...kept, accounts: [...others, account] };
    });
  }

  /** Makes another of what the account is by then; resolves with it, or null if it is gone. */
  async changeAccount(name: string, change: (account: Account) => Account) {
    let changed: Account | null = null;
    await this.#change((kept) => {
      const old = kept.accounts.find((account) => account.name === name);
      changed = old ? change(old) : null;
      const accounts = kept.accounts.map((one) => (one === old && changed ? changed : one));
      return { ...kept, accounts };
    });
    return changed as Account | null;
  }

  async removeAccount(name: string): Promise<void> {
    await this.#change((kept) => {
      return { ...kept, accounts: kept.accounts.filter((account) => account.name !== name) };
    });
  }

  async addToken(token: Token): Promise<void> {
    await this.#change((kept) => ({ ...kept, tokens: [...kept.tokens, token] }));
  }

  async removeToken(id: string): Promise<void> {
    await this.#change((kept) => {
      return { ...kept, tokens: kept.tokens.filter((token) => token.id !== id) };
    });
  }

  /** One after the other, each from what the one before left: people change things at once. */
  async #change(change: (kept: Kept) => Kept): Promise<void> {
    await this.#turns.take(async () => {
      const next = change(this.#kept);
      requireRoom(next);
      requireAdmin(this.#kept, next);
      await replaceFile(this.#path, `${JSON.stringify({ v: 1, ...next })}\n`);
      this.#kept = next;
    });
  }
}

/** A file with more could not be read again. */
function requireRoom({ accounts, tokens }: Kept): void {
  if (accounts.length > ACCOUNTS_MAX) throw new Refused(`there are ${ACCOUNTS_MAX} users already`);
  if (tokens.length > TOKENS_MAX) throw new Refused(`there are ${TOKENS_MAX} tokens already`);
}

/** A box that lost its last admin would be anybody's to claim. */
function requireAdmin(old: Kept, next: Kept): void {
  const adminOf = ({ accounts }: Kept) => accounts.find(({ role }) => role === "admin");
  const last = adminOf(old);
  if (last && !adminOf(next)) throw new Refused(`"${last.name}" is the last admin`);
}
