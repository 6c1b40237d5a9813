import { Misconfigured } from "@headgate/model";
import { type Document, isCollection } from "yaml";
import { parseYaml } from "../config/yaml-document.ts";

/** A place in a configuration and what is to be there: undefined takes it away. */
export interface ConfigEdit {
  /** ["devices", "tank", "points", "level", "order"]. */
  readonly path: readonly string[];
  readonly value: unknown;
}

/**
 * A configuration's text with these edits; comments and all else stay. Throws `Misconfigured` where
 * the text cannot be edited there.
 */
export function editText(text: string, edits: readonly ConfigEdit[]): string {
  const document = parseYaml(text);
  const [mistake] = document.errors;
  if (mistake) {
    throw new Misconfigured(`edit the configuration: ${mistake.message.split("\n")[0]}`);
  }
  for (const edit of edits) editIn(document, edit);
  return document.toString({ lineWidth: 0 });
}

function editIn(document: Document, { path, value }: ConfigEdit): void {
  if (path.length === 0) throw new Misconfigured("edit the configuration: name a place in it");
  if (value === undefined) {
    if (document.hasIn(path)) document.deleteIn(path);
    return;
  }
  // "channels:" with nothing behind it is a section all the same.
  for (let depth = 1; depth < path.length; depth++) {
    const outer = path.slice(0, depth);
    const there = document.getIn(outer, true);
    if (isCollection(there)) continue;
    if (there !== undefined && document.getIn(outer) !== null) {
      const why = "the file has something else there, or an alias (*): edit it by hand";
      throw new Misconfigured(`edit ${path.join(".")}: ${why}`);
    }
    document.setIn(outer, document.createNode({}));
  }
  document.setIn(path, document.createNode(value));
}
