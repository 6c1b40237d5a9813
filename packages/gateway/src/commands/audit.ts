import { join } from "node:path";
import { accessFiles } from "../access/access.ts";
import { type AuditEntry, readAudit, verifyAudit } from "../access/audit-log.ts";
import type { GatewayConfig } from "../config/config.ts";
import { ExitCode } from "./exit-code.ts";
import { formatTable } from "./format-table.ts";

interface Output {
  readonly text: string;
  readonly exitCode: number;
}

const folderOf = ({ buffer }: GatewayConfig) => accessFiles(join(buffer.path, "web")).audit;

/** `headgate audit verify`: 0 if the chain holds, 1 with the place where it does not. */
export async function verifyOutput(config: GatewayConfig, isJson: boolean): Promise<Output> {
  const verdict = await verifyAudit(folderOf(config));
  const { entryCount, firstSeq, lastSeq, lastHash, broken } = verdict;
  const exitCode = broken === null ? ExitCode.ok : ExitCode.no;
  if (isJson) return { text: `${JSON.stringify(verdict, null, 2)}\n`, exitCode };
  if (broken !== null) return { text: `broken: ${broken}\n`, exitCode };
  const range = entryCount === 0 ? "" : ` (${firstSeq} to ${lastSeq}), the last ${lastHash}`;
  return { text: `the chain holds: ${entryCount} entries${range}\n`, exitCode };
}

/** `headgate audit show`: the last entries, the newest last. */
export async function showAudit(
  config: GatewayConfig,
  { limit, isJson }: { limit: number; isJson: boolean },
): Promise<Output> {
  const entries = (await readAudit(folderOf(config), { limit })).toReversed();
  const exitCode = ExitCode.ok;
  if (isJson) return { text: entries.map((one) => `${JSON.stringify(one)}\n`).join(""), exitCode };
  const rows = entries.map(rowOf);
  const head = ["SEQ", "TIME", "WHO", "FROM", "ACTION", "OUTCOME", "DETAIL"];
  return { text: formatTable([head, ...rows]), exitCode };
}

function rowOf({ seq, atMs, who, address, action, outcome, detail }: AuditEntry): string[] {
  const time = new Date(atMs).toISOString();
  return [String(seq), time, who, address, action, outcome, detail.replaceAll("\n", " ⏎ ")];
}
