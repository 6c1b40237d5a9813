const SHOWN = "[hidden]";
/** What is shorter stands in many words: it is hidden as a setting, and not searched for. */
const CHARACTERS_MIN = 4;

/** What is a secret by its form, whether it is known or not. */
const FORMS: readonly [RegExp, string][] = [
  // Schemes and names are short: a long run of letters is not looked through from each of them.
  [/([a-z][a-z0-9+.-]{0,31}:\/\/)[^/\s@]+@/gi, `$1${SHOWN}@`],
  [/([?&][\w.-]{0,64}(?:token|key|secret|sig|pass|auth)[\w.-]{0,64}=)[^&\s"'\\]+/gi, `$1${SHOWN}`],
  [/\b((?:password|passphrase|secret|psk)=)[^&\s"'\\,;]+/gi, `$1${SHOWN}`],
  [/\b(Bearer|Basic) [\w.~+/=-]{8,}/gi, `$1 ${SHOWN}`],
  [/\bhg_[0-9a-f]+_[\w-]+/g, SHOWN],
  [/\$argon2\w*\$[^\s"\\]+/g, SHOWN],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*-----|$)/g, SHOWN],
  [/(with the code )\S+/g, `$1${SHOWN}`],
];

/** Takes known secrets out of a text, however they are written, and what looks like one. */
export type Redact = (text: string) => string;

/** Pure. */
export function createRedactor(secrets: Iterable<string>): Redact {
  const forms = [...new Set([...secrets].flatMap(formsOf))];
  // The longest first: one secret may begin as another.
  forms.sort((a, b) => b.length - a.length);
  const known = forms.length > 0 ? new RegExp(forms.map(escaped).join("|"), "g") : null;
  return (text) => {
    let left = known === null ? text : text.replace(known, SHOWN);
    for (const [form, shown] of FORMS) left = left.replace(form, shown);
    return left;
  };
}

/** The same of every text in a value, as JSON. */
export function redactedJson(value: unknown, redact: Redact): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    return typeof part === "string" ? redact(part) : part;
  });
}

/** As it is, in an address, inside JSON, as the bytes of a frame, in a header. */
function formsOf(secret: string): readonly string[] {
  if (secret.length < CHARACTERS_MIN) return [];
  const hex = Buffer.from(secret).toString("hex");
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    hex,
    hex.toUpperCase(),
    Buffer.from(secret).toString("base64"),
  ];
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
