import type { Path, Report } from "./problem.ts";

/** What a file's references can be looked up in. */
export interface ReferenceSource {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The text of a secret file, or null if there is none. Tried in this order. */
  readonly secretFolders: readonly string[];
  readFile(path: string): Promise<string | null>;
}

/** A value with every `${env:NAME}` and `${secret:name}` replaced. */
export interface Resolved {
  readonly value: unknown;
  /** What must never be shown. */
  readonly secrets: readonly string[];
  /** Parts whose reference is missing: nothing more can be said about them. */
  readonly missing: readonly string[];
}

const reference = /\$\{([^}]*)\}/g;

/** Replaces references all through a value; missing ones are reported by name. */
export async function resolveReferences(
  value: unknown,
  source: ReferenceSource,
  report: Report,
): Promise<Resolved> {
  const secrets: string[] = [];
  const missing: string[] = [];
  const lookUp = async (text: string, path: Path): Promise<string> => {
    let resolved = text;
    for (const [whole, body = ""] of text.matchAll(reference)) {
      const found = await findReference(body, source, (finding) => report({ ...finding, path }));
      if (found === null) missing.push(JSON.stringify(path));
      else if (found !== "") secrets.push(found);
      resolved = resolved.replace(whole, () => found ?? "");
    }
    return resolved;
  };
  const walk = async (part: unknown, path: Path): Promise<unknown> => {
    if (!hasReference(part)) return part;
    if (typeof part === "string") return lookUp(part, path);
    if (Array.isArray(part)) {
      return Promise.all(part.map((item, index) => walk(item, [...path, index])));
    }
    if (typeof part !== "object" || part === null) return part;
    const entries = Object.entries(part).map(
      async ([key, item]) => [key, await walk(item, [...path, key])] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  };
  return { value: await walk(value, []), secrets, missing };
}

function hasReference(part: unknown): boolean {
  if (typeof part === "string") return part.includes("${");
  return typeof part === "object" && part !== null && Object.values(part).some(hasReference);
}

async function findReference(
  body: string,
  source: ReferenceSource,
  report: Report,
): Promise<string | null> {
  const [, kind, name = ""] = /^\s*(env|secret)\s*:\s*([A-Za-z0-9][\w.-]*)\s*$/.exec(body) ?? [];
  if (kind === "env") {
    const found = source.variables[name];
    if (found !== undefined) return found;
    const params = { name };
    report({ code: "missing-variable", path: [], at: "value", params, hint: "set-variable" });
    return null;
  }
  if (kind === "secret") return findSecret(name, source, report);
  const example = `\${env:NAME}, \${secret:name}`;
  const params = { text: `\${${body}}`, example };
  report({ code: "bad-reference", path: [], at: "value", params, hint: "reference-rule" });
  return null;
}

/** A secret named "gate" is HEADGATE_SECRET_GATE or a file "gate" in a secrets folder. */
async function findSecret(
  name: string,
  source: ReferenceSource,
  report: Report,
): Promise<string | null> {
  const variable = `HEADGATE_SECRET_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`;
  const fromVariable = source.variables[variable];
  if (fromVariable !== undefined) return fromVariable;
  const files = source.secretFolders.map((folder) => `${folder}/${name}`);
  for (const file of files) {
    const text = await source.readFile(file);
    // Editors and `echo` end a file with a line break that is no part of a password.
    if (text !== null) return text.replace(/\r?\n$/, "");
  }
  const params = { name, variable, file: files[0] ?? name };
  report({ code: "missing-secret", path: [], at: "value", params, hint: "store-secret" });
  return null;
}
