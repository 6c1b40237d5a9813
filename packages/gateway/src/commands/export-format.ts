import { InvalidArgumentError } from "commander";

export type ExportFormat = "ndjson" | "csv";

/** The value of `--format`. */
export function exportFormat(text: string): ExportFormat {
  if (text === "ndjson" || text === "csv") return text;
  throw new InvalidArgumentError("write ndjson or csv.");
}
