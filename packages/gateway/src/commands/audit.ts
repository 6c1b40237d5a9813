import { join } from "node:path";
import { accessFiles } from "../access/access.ts";
import { type AuditEntry, type AuditVerdict, readAudit, verifyAudit } from "../access/audit-log.ts";
import type { GatewayConfig } from "../config/config.ts";
import { journalFolder } from "../writes/gateway-writes.ts";
import { walkJournal } from "../writes/journal-files.ts";
import { ExitCode } from "./exit-code.ts";
import { formatTable } from "./format-table.ts";

interface Output {
  readonly text: string;
  readonly exitCode: number;
}

const folderOf = ({ buffer }: GatewayConfig) => accessFiles(join(buffer.path, "web")).audit;

/**
 * `headgate audit verify`: 0 if both chains hold, that of who did what and that of the journal of
 * writes; 1 with the place where one does not.
 */
export async function verifyOutput(config: GatewayConfig, isJson: boolean): Promise<Output> {
  const verdict = await verifyAudit(folderOf(config));
  const writes = await verifyWrites(journalFolder(config));
  const isWhole = verdict.broken === null && writes.damaged.length === 0;
  const exitCode = isWhole ? ExitCode.ok : ExitCode.no;
  if (isJson) return { text: `${JSON.stringify({ ...verdict, writes }, null, 2)}\n`, exitCode };
  return { text: `${sayAudit(verdict)}\n${sayWrites(writes)}\n`, exitCode };
}

function sayAudit({ entryCount, firstSeq, lastSeq, lastHash, broken }: AuditVerdict): string {
  if (broken !== null) return `broken: ${broken}`;
  const range = entryCount === 0 ? "" : ` (${firstSeq} to ${lastSeq}), the last ${lastHash}`;
  return `the chain holds: ${entryCount} entries${range}`;
}

interface WritesVerdict {
  readonly stepCount: number;
  readonly lastChain: string;
  /** As `file:line`. */
  readonly damaged: readonly string[];
  /** Of a power cut or a full disk; nothing was sent for them. */
  readonly cut: readonly string[];
}

async function verifyWrites(folder: string): Promise<WritesVerdict> {
  let stepCount = 0;
  const { damaged, cut, lastChain } = await walkJournal(folder, () => {
    stepCount++;
  });
  return { stepCount, lastChain, damaged, cut };
}

const DAMAGED_SHOWN_MAX = 5;

function sayWrites({ stepCount, lastChain, damaged, cut }: WritesVerdict): string {
  const shown = damaged.slice(0, DAMAGED_SHOWN_MAX).join(", ");
  if (damaged.length > 0) return `writes: broken: ${damaged.length} lines, first ${shown}`;
  const last = stepCount === 0 ? "" : `, the last ${lastChain}`;
  const halves = cut.length === 0 ? "" : `; ${cut.length} half lines of power cuts`;
  return `writes: the chain holds: ${stepCount} steps${last}${halves}`;
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
