import { dataPathOf, referencesOf } from "../config/check-file.ts";
import { resolveReferences } from "../config/references.ts";
import { readSource } from "../config/source.ts";
import { isSecret } from "./hidden-secrets.ts";
import type { ConfigVersion, VersionStore } from "./version-store.ts";

/** Every secret that a configuration holds or refers to: files, environment, addresses. */
export async function knownSecrets(text: string, directory: string): Promise<readonly string[]> {
  const { value, isReadable } = readSource(text);
  if (!isReadable) return [];
  const lookUp = referencesOf(dataPathOf(value, directory), process.env);
  // What is missing is told by whoever reads the configuration.
  const resolved = await resolveReferences(value, lookUp, () => {});
  return [...resolved.secrets, ...secretsInValue(resolved.value)];
}

/** So many versions that were in use before: what the log still says of them is bounded, too. */
const FORMER_MAX = 50;

/** The secrets of the version in use, and of those that were in use since the start. */
export class SecretsSinceStart {
  readonly #look: (text: string) => Promise<readonly string[]>;
  readonly #first: number;
  readonly #former = new Map<number, readonly string[]>();

  /** `look` finds those of a text. */
  constructor(look: (text: string) => Promise<readonly string[]>, first: number) {
    this.#look = look;
    this.#first = first;
  }

  async with({ version: newest, text }: ConfigVersion, store: VersionStore) {
    const isFormer = (version: number) => version >= this.#first && version < newest;
    const former = (await store.numbers()).filter(isFormer).slice(-FORMER_MAX);
    for (const version of former.filter((one) => !this.#former.has(one))) {
      const found = await store.read(version);
      this.#former.set(version, await this.#look(found?.text ?? ""));
    }
    const before = former.flatMap((version) => this.#former.get(version) ?? []);
    return [...(await this.#look(text)), ...before];
  }
}

/** Of a value whose references are resolved. */
export function secretsInValue(root: unknown): readonly string[] {
  const found: string[] = [];
  const seen = new Set<object>();
  const walk = (value: unknown, key: string) => {
    if (typeof value === "string" || typeof value === "number") {
      if (isSecret(key, value)) found.push(`${value}`, ...inAddress(`${value}`));
    } else if (typeof value === "object" && value !== null && !seen.has(value)) {
      seen.add(value);
      for (const [name, part] of Object.entries(value)) walk(part, name);
    }
  };
  walk(root, "");
  return found;
}

/** What is secret of an address by itself: other texts may hold that alone. */
function inAddress(text: string): readonly string[] {
  const [, password = ""] = /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:([^/\s]*)@/i.exec(text) ?? [];
  const keys = [...text.matchAll(/[?&][\w.-]*(?:token|key|secret|sig|pass|auth)[\w.-]*=([^&]*)/gi)];
  const all = [password, ...keys.map(([, value = ""]) => value)].filter((one) => one !== "");
  return all.flatMap((one) => [one, decoded(one)]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A lone "%": it stands for itself.
  }
}
