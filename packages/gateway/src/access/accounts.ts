import { Misconfigured } from "@headgate/model";
import { z } from "zod";
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
type Kept = Pick<z.infer<typeof fileSchema>, "accounts" | "tokens">;

/** Who may log in, and which programs may ask. */
export class Accounts {
  readonly #path: string;
  #kept: Kept;

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

  /** Adds it, or puts it in the place of the one with its name. */
  async putAccount(account: Account): Promise<void> {
    const others = this.#kept.accounts.filter(({ name }) => name !== account.name);
    await this.#keep({ ...this.#kept, accounts: [...others, account] });
  }

  async removeAccount(name: string): Promise<void> {
    const accounts = this.#kept.accounts.filter((account) => account.name !== name);
    await this.#keep({ ...this.#kept, accounts });
  }

  async addToken(token: Token): Promise<void> {
    await this.#keep({ ...this.#kept, tokens: [...this.#kept.tokens, token] });
  }

  async removeToken(id: string): Promise<void> {
    const tokens = this.#kept.tokens.filter((token) => token.id !== id);
    await this.#keep({ ...this.#kept, tokens });
  }

  async #keep(kept: Kept): Promise<void> {
    await replaceFile(this.#path, `${JSON.stringify({ v: 1, ...kept })}\n`);
    this.#kept = kept;
  }
}
