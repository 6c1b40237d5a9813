import { type BufferCheck, checkBuffer, type EpochCheck } from "@headgate/sync/buffer";
import { ExitCode } from "./exit-code.ts";

/** `headgate buffer check`: what the file holds, and whether it is what was stored. */
export function checkFile(path: string, { isJson }: { readonly isJson: boolean }): number {
  const check = checkBuffer(path, (text) => process.stderr.write(`headgate: ${text}\n`));
  process.stdout.write(isJson ? `${JSON.stringify(check, null, 2)}\n` : formatCheck(check));
  return check.isSound ? ExitCode.ok : ExitCode.no;
}

/** A block of lines for each epoch, and the verdict last. */
export function formatCheck({ path, isSound, problems, epochs }: BufferCheck): string {
  const lines = [...epochs.flatMap(epochLines), ...problems.map((text) => `! ${text}`)];
  const advice = "stop the gateway, keep the file, and see what `headgate buffer salvage` finds";
  const verdict = isSound ? `${path} is sound` : `${path} is damaged: ${advice}`;
  return `${[...lines, verdict].join("\n")}\n`;
}

function epochLines(epoch: EpochCheck): string[] {
  const { stream, isCurrent, next, blocks, thinnedBlocks, samples, gaps } = epoch;
  const state = isCurrent ? "current" : "ended";
  const head = `${stream} ${epoch.epoch} (${state}), next block ${next}`;
  const minutes = thinnedBlocks > 0 ? `${thinnedBlocks} thinned to minutes, ` : "";
  const lines = [head, `  ${blocks} blocks, ${minutes}${samples} samples, ${gaps} gap records`];
  for (const [uplink, waiting] of Object.entries(epoch.backlog)) {
    lines.push(`  ${waiting} blocks wait for uplink "${uplink}"`);
  }
  if (epoch.damagedCount > 0) {
    const more = epoch.damagedCount > epoch.damaged.length ? ", …" : "";
    lines.push(`! ${epoch.damagedCount} damaged blocks: ${epoch.damaged.join(", ")}${more}`);
  }
  if (epoch.missingCount > 0) lines.push(`! ${epoch.missingCount} numbers that nothing explains`);
  return lines;
}
