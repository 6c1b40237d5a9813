import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Misconfigured } from "@headgate/model";

const PACKAGE = "@headgate/virtual-pasture";

/** `headgate demo`: the virtual pasture is a package of its own, since a box does not need it. */
export async function runDemo(signal: AbortSignal): Promise<number> {
  const here = createRequire(join(process.cwd(), "package.json"));
  let path: string;
  try {
    path = here.resolve(PACKAGE);
  } catch (cause) {
    throw new Misconfigured(`the demo is not installed; run "npm install ${PACKAGE}"`, { cause });
  }
  const demo = (await import(pathToFileURL(path).href)) as {
    runDemo(signal: AbortSignal): Promise<number>;
  };
  return demo.runDemo(signal);
}
