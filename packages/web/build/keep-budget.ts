import { gzipSync } from "node:zlib";
import type { Plugin, Rolldown } from "vite";

/** What an old tablet loads before it shows something. */
const FIRST_LOAD_GZIP_BYTES_MAX = 90 * 1024;
const ALL_GZIP_BYTES_MAX = 250 * 1024;
/** The screen that is shown first. */
const FIRST_SCREEN = /overview-screen/;

type Bundle = Rolldown.OutputBundle;

/** Prints how large each file is, and fails the build that grew over its budget. */
export function keepBudget(): Plugin {
  return {
    name: "keep-budget",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const sizes = new Map(
          Object.values(bundle).map((file) => [file.fileName, gzipBytes(file)] as const),
        );
        const first = firstLoad(bundle);
        const total = (names: Iterable<string>) =>
          [...names].reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
        for (const [name, bytes] of [...sizes].sort((a, b) => b[1] - a[1])) {
          console.log(`${first.has(name) ? "first" : "later"} ${inKib(bytes)}  ${name}`);
        }
        const [firstBytes, allBytes] = [total(first), total(sizes.keys())];
        console.log(
          `gzip: first load ${inKib(firstBytes)} of ${inKib(FIRST_LOAD_GZIP_BYTES_MAX)}, ` +
            `everything ${inKib(allBytes)} of ${inKib(ALL_GZIP_BYTES_MAX)}`,
        );
        if (firstBytes > FIRST_LOAD_GZIP_BYTES_MAX) this.error("the first load is over its budget");
        if (allBytes > ALL_GZIP_BYTES_MAX) this.error("the page is over its budget");
      },
    },
  };
}

const inKib = (bytes: number) => `${(bytes / 1024).toFixed(1).padStart(6)} KiB`;

function gzipBytes(file: Rolldown.OutputChunk | Rolldown.OutputAsset): number {
  return gzipSync(file.type === "chunk" ? file.code : file.source).length;
}

/** The page, its entry, the first screen, and whatever those import. */
function firstLoad(bundle: Bundle): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = Object.values(bundle)
    .filter((file) => file.type === "chunk" && (file.isEntry || FIRST_SCREEN.test(file.name)))
    .map(({ fileName }) => fileName);
  open.push("index.html");
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const file = bundle[name];
    if (seen.has(name) || !file) continue;
    seen.add(name);
    if (file.type !== "chunk") continue;
    const { importedCss, importedAssets } = file.viteMetadata ?? {};
    open.push(...file.imports, ...(importedCss ?? []), ...(importedAssets ?? []));
  }
  return seen;
}
