// Which files of a gateway are in a backup, by their paths in there:
//   manifest.json       what it is, first
//   gateway.yaml        the configuration
//   beside/…            files that it names below its own folder, and its profiles
//   elsewhere/…         files that it names elsewhere: put back for a person to look at
//   data/…              below the data folder

export const MANIFEST = "manifest.json";
export const CONFIG = "gateway.yaml";

/** Of the data folder, without the buffer. Logins, codes and half-written files stay behind. */
const KEPT: readonly RegExp[] = [
  /^secrets\/[^/]+$/,
  /^config\/[^/]+\.json$/,
  /^channels\/.+$/,
  // Of what a broker has taken, an older book would be wrong: then it is sent again.
  /^uplinks\/[^/]+\/month\.json$/,
  /^writes\/writes-\d+\.ndjson$/,
  /^variants\.json$/,
  /^web\/accounts\.json$/,
  /^web\/(audit|certificates)\/.+$/,
];
/** With what is not upstream yet. */
const BUFFER: readonly RegExp[] = [/^buffer\.db$/, /^media\/.+$/];
/** Of a file that is being replaced. */
const HALF = /\.(new|part)$/;

/** Whether a file of the data folder belongs into a backup. */
export function isKept(path: string): boolean {
  return KEPT.some((kept) => kept.test(path)) && !HALF.test(path);
}

/** Whether this may stand in a backup at all: nothing that leads out of where it is put. */
export function isBackedUp(path: string): boolean {
  const parts = path.split("/");
  const isPlain = parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (!isPlain || /[\\\0]/.test(path)) return false;
  const [top, ...rest] = parts;
  const below = rest.join("/");
  if (rest.length === 0) return path === MANIFEST || path === CONFIG;
  if (top === "data") return [...KEPT, ...BUFFER].some((kept) => kept.test(below));
  if (top === "beside") return isPutBeside(below);
  return top === "elsewhere" && rest.length === 1;
}

/**
 * Whether a file may come back below the configuration's folder by itself: certificates, keys and
 * profiles do. What the system or another program would run or read there is a person's to look at.
 */
export function isPutBeside(path: string): boolean {
  const parts = path.split("/");
  const isOfOthers = parts.some((part) => part.startsWith(".") || part === "node_modules");
  return !isOfOthers && /\.(pem|crt|cer|cert|key|der|ya?ml)$/i.test(path);
}
