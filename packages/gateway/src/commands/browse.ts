import { join } from "node:path";
import { type BrowsedNode, type BrowseQuery, type Context, Misconfigured } from "@headgate/model";
import type { GatewayConfig } from "../config/config.ts";
import { type LineSink, writeLines } from "./line-writer.ts";

/** What to browse, and how to say it. */
export interface BrowseRequest {
  readonly channel: string;
  readonly query: BrowseQuery;
  readonly countMax: number;
  readonly isJson: boolean;
}

/** `headgate browse`: writes what the channel offers, as it comes; gives the count. */
export async function browseChannel(
  config: GatewayConfig,
  request: BrowseRequest,
  { context, sink }: { readonly context: Context; readonly sink: LineSink },
): Promise<number> {
  const channel = config.channels.find(({ id }) => id === request.channel);
  if (!channel) throw new Misconfigured(`no channel "${request.channel}"`);
  const directory = join(config.buffer.path, "channels", channel.id);
  const connection = await channel.driver.open(channel.settings, { ...context, directory });
  let count = 0;
  const tell = () => ++count;
  try {
    if (!connection.browse) {
      throw new Misconfigured(`${channel.driver.type} cannot tell what its devices offer`);
    }
    await writeLines(
      linesOf(connection.browse(request.query, context.signal), request, tell),
      sink,
    );
    return count;
  } finally {
    await connection.close();
  }
}

async function* linesOf(
  pages: AsyncIterable<readonly BrowsedNode[]>,
  { countMax, isJson }: BrowseRequest,
  tell: () => number,
): AsyncGenerator<string> {
  for await (const page of pages) {
    for (const node of page) {
      yield isJson ? JSON.stringify(node) : `${node.kind}\t${node.path}\t${node.address}`;
      if (tell() === countMax) return;
    }
  }
}
