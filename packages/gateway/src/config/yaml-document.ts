import {
  type Document,
  type DocumentOptions,
  type ParseOptions,
  parseDocument,
  type SchemaOptions,
} from "yaml";

/**
 * A YAML text as a document. Twins of a key are for the caller to find: the library compares each
 * key with all others of its map, which takes minutes of a large one. What it thinks of a text it
 * would write past our log, with parts of the text, and so of secrets.
 */
export function parseYaml(
  text: string,
  options: ParseOptions & DocumentOptions & SchemaOptions = {},
): Document.Parsed {
  return parseDocument(text, { uniqueKeys: false, logLevel: "error", ...options });
}
