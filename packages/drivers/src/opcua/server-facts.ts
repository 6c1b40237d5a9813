import { AttributeIds, type DataValue } from "node-opcua-client";
import { chunks } from "./chunks.ts";
import { readNodes } from "./exchange.ts";
import type { Link } from "./link.ts";

/** What a server says of itself and a connection needs. */
export interface ServerFacts {
  readonly namespaceUris: readonly string[];
  readonly nodesPerRead: number;
  readonly itemsPerCall: number;
  readonly nodesPerHistory: number;
  readonly nodesPerBrowse: number;
}

/**
 * NamespaceArray, MaxNodesPerRead, MaxMonitoredItemsPerCall, MaxNodesPerHistoryReadData,
 * MaxNodesPerBrowse (OPC 10000-6 NodeIds.csv).
 */
const nodeIds = ["i=2255", "i=11705", "i=11714", "i=12165", "i=11710"];
const firstChunk = 2;
/** Of which history is read together: one page of samples, and continuation points. */
const historyChunk = 20;
/** Of which references are asked for together. */
const browseChunk = 100;

/** Reads the namespace array and the operation limits; a limit of 0 or none is ours alone. */
export async function readServerFacts(link: Link): Promise<ServerFacts> {
  const answers: DataValue[] = [];
  // A small server may take no more at a time than these first ones.
  for (const part of chunks(nodeIds, firstChunk)) {
    const nodes = part.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value }));
    answers.push(...(await readNodes(link, { what: "read server limits", nodes })));
  }
  const [uris, read, items, history, browse] = answers;
  const { readChunk, itemChunk } = link.config;
  const names: unknown = uris?.value?.value;
  return {
    namespaceUris: Array.isArray(names) ? names.map(String) : [],
    nodesPerRead: Math.min(readChunk, limitIn(read)),
    itemsPerCall: Math.min(itemChunk, limitIn(items)),
    nodesPerHistory: Math.min(historyChunk, limitIn(history)),
    nodesPerBrowse: Math.min(browseChunk, limitIn(browse)),
  };
}

function limitIn(value: DataValue | undefined): number {
  const limit: unknown = value?.statusCode.isGood() ? value.value?.value : 0;
  return typeof limit === "number" && limit >= 1 ? Math.floor(limit) : Number.POSITIVE_INFINITY;
}
