import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Scalar } from "yaml";
import type { Said } from "../config/source.ts";
import { parseYaml } from "../config/yaml-document.ts";

/**
 * Stands where a secret is; comes back as what it stood for. Where there was none, it is a
 * reference that nobody can resolve: a mistake, and never taken for the secret itself.
 */
export const HIDDEN = `\${a secret that the gateway keeps}`;

const SECRET_KEY = /^(password|passphrase|secret|token|psk|privateKey|userKey|key)$/i;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const LOGIN_IN_ADDRESS = /^[a-z][a-z0-9+.-]*:\/\/[^/\s]+@/i;
const KEY_IN_ADDRESS = /:\/\/.*[?&][\w.-]*(token|key|secret|sig|pass|auth)[\w.-]*=/i;

const SECRETS = [LOGIN_IN_ADDRESS, KEY_IN_ADDRESS, PRIVATE_KEY];

/** A configuration's text without what is secret in it; references to secrets stay. */
export function hideSecrets(text: string): string {
  const document = parseYaml(text);
  // Where nobody knows what is a secret, nothing is shown.
  if (document.errors.length > 0) return "# no YAML: see the file itself\n";
  let isChanged = false;
  for (const { scalar } of secretsIn(document)) {
    scalar.value = HIDDEN;
    isChanged = true;
  }
  return isChanged ? document.toString({ lineWidth: 0 }) : text;
}

/** A text that was edited without its secrets, with those that the kept one has there. */
export function bringBackSecrets(text: string, kept: string): string {
  if (!text.includes(HIDDEN)) return text;
  const document = parseYaml(text);
  // What is no YAML is told of as it is: it cannot be written anew.
  if (document.errors.length > 0) return text;
  const known = new Map(secretsIn(parseYaml(kept)).map(({ path, scalar }) => [path, scalar.value]));
  let isChanged = false;
  eachScalar(document.contents, (path, scalar) => {
    if (scalar.value !== HIDDEN || !known.has(path)) return;
    scalar.value = known.get(path);
    isChanged = true;
  });
  return isChanged ? document.toString({ lineWidth: 0 }) : text;
}

/** What a text says without its secrets: for what is compared. Null of what is no YAML. */
export function withoutSecrets({ value, isReadable }: Said): unknown {
  return isReadable ? hidden(value, "") : null;
}

function hidden(value: unknown, key: string): unknown {
  if (isSecret(key, value)) return HIDDEN;
  if (Array.isArray(value)) return value.map((part, index) => hidden(part, `${index}`));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, part]) => [name, hidden(part, name)] as const);
  return Object.fromEntries(entries);
}

/** "password", "token": whatever stands there is shown to nobody. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key);
}

/** A value that is shown to nobody, by its key or by what it is. */
export function isSecret(key: string, value: unknown): boolean {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || /^\$\{.*\}$/.test(text)) return false;
  return isSecretKey(key) || SECRETS.some((form) => form.test(text));
}

interface Secret {
  readonly path: string;
  readonly scalar: Scalar;
}

function secretsIn(document: Document): readonly Secret[] {
  const secrets: Secret[] = [];
  eachScalar(document.contents, (path, scalar) => {
    const { value } = scalar;
    const key = path.split("\u0000").at(-1) ?? "";
    if (isSecret(key, value)) secrets.push({ path, scalar });
  });
  return secrets;
}

type Visit = (path: string, scalar: Scalar) => void;

/** Every scalar by its place; one that an alias stands for by the alias's place, too. */
function eachScalar(root: unknown, visit: Visit): void {
  const anchors = new Map<string, unknown>();
  const walk = (given: unknown, path: readonly string[]) => {
    const node = isAlias(given) ? anchors.get(given.source) : given;
    if (isNode(node) && "anchor" in node && node.anchor) anchors.set(node.anchor, node);
    if (isScalar(node)) visit(path.join("\u0000"), node);
    // What an alias repeats of a map or a list was seen where it stands.
    else if (node !== given) return;
    else if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) walk(item, [...path, `${index}`]);
    } else if (isMap(node)) {
      for (const { key, value } of node.items) {
        // A list or a map that is a key has no name, and the library may fail to make one.
        walk(value, [...path, isScalar(key) ? String(key.value) : "?"]);
      }
    }
  };
  walk(root, []);
}
