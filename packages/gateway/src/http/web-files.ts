import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** A file of the technician's page as a browser takes it. */
export interface WebFile {
  readonly bytes: Buffer;
  readonly encoding: "br" | "gzip" | null;
  readonly type: string;
}

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

/** Beside the bundle; in the source tree, where the page's own build leaves it. */
function shippedWebFolders(): readonly URL[] {
  return ["./web/", "../../../web/dist/"].map((place) => new URL(place, import.meta.url));
}

/**
 * Reads a built file, packed as the browser takes it; null where there is none: a source tree whose
 * page was not built. `name` holds no folder.
 */
export async function readWebFile(
  name: string,
  { folder = "", accepts = "" }: { folder?: "assets/" | ""; accepts?: string | undefined } = {},
): Promise<WebFile | null> {
  const ending = name.slice(name.lastIndexOf(".") + 1);
  const type = Object.hasOwn(TYPES, ending) ? TYPES[ending] : undefined;
  if (type === undefined || !/^[\w-]+(\.[\w-]+)+$/.test(name)) return null;
  for (const { suffix, encoding } of packings(accepts)) {
    for (const place of shippedWebFolders()) {
      const bytes = await readIfThere(new URL(`${folder}${name}${suffix}`, place));
      if (bytes) return { bytes, encoding, type };
    }
  }
  return null;
}

function packings(accepts: string) {
  const takes = (word: string) => new RegExp(`(^|[ ,])${word}($|[ ,;])`).test(accepts);
  return [
    ...(takes("br") ? [{ suffix: ".br", encoding: "br" as const }] : []),
    ...(takes("gzip") ? [{ suffix: ".gz", encoding: "gzip" as const }] : []),
    { suffix: "", encoding: null },
  ];
}

async function readIfThere(place: URL): Promise<Buffer | null> {
  try {
    return await readFile(fileURLToPath(place));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
