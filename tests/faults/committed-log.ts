import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/** What the gateway said it had made durable: a run of blocks and how many samples they hold. */
export interface Commit {
  readonly stream: string;
  readonly epoch: string;
  readonly first: number;
  readonly last: number;
  readonly samples: number;
}

/** The `committed` lines of a gateway's JSON log; a line cut off by a kill is passed over. */
export async function readCommits(logPath: string): Promise<Commit[]> {
  const commits: Commit[] = [];
  for await (const line of createInterface({ input: createReadStream(logPath) })) {
    if (!line.includes('"committed"')) continue;
    if (!line.startsWith("{") || !line.endsWith("}")) continue;
    const { stream, epoch, first, last, samples } = JSON.parse(line) as Commit;
    commits.push({ stream, epoch, first, last, samples });
  }
  return commits;
}
