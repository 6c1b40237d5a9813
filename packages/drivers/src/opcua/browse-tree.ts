import { type BrowsedNode, type BrowseQuery, Misconfigured } from "@headgate/model";
import {
  BrowseDirection,
  BrowseNextRequest,
  BrowseNextResponse,
  BrowseRequest,
  BrowseResponse,
  type BrowseResult,
  coerceNodeId,
  NodeClass,
  type NodeId,
  type ReferenceDescription,
} from "node-opcua-client";
import { allOf, exchange } from "./exchange.ts";
import type { Link } from "./link.ts";
import { addressOf, indexedNodeId, parseNodeAddress } from "./node-address.ts";
import type { ServerFacts } from "./server-facts.ts";

const objectsFolder = "ns=0;i=85";
const hierarchicalReferences = "ns=0;i=33";
/** Names, class and target of each reference. */
const resultMask = 0x3f;
/** Nodes remembered as seen, so that circles end; past that the walk does. */
const seenMax = 1_000_000;
/** Answers in a row that bring no reference, though they say that there are more. */
const idleMax = 100;
/** Status of a node that the server has no room to remember: it is asked again with fewer. */
const noRoom = "BadNoContinuationPoints";
/** What a server has is seldom deeper than ten. */
const depthMaxMax = 100;

/** What browsing needs. */
export interface BrowseOptions {
  readonly link: Link;
  readonly facts: ServerFacts;
  readonly signal: AbortSignal;
}

interface Place {
  readonly nodeId: string;
  readonly path: string;
  readonly depth: number;
}

/** The nodes below a beginning, nearest first, a page for each answer; each node once. */
export async function* browseTree(
  query: BrowseQuery,
  options: BrowseOptions,
): AsyncGenerator<readonly BrowsedNode[]> {
  const { namespaceUris, nodesPerBrowse } = options.facts;
  const depthMax = Math.min(query.depthMax ?? depthMaxMax, depthMaxMax);
  const search = query.search?.toLowerCase() ?? "";
  const begin = beginningOf(query, namespaceUris);
  const seen = new Set([begin]);
  let level: Place[] = [{ nodeId: begin, path: "", depth: 0 }];
  while (level.length > 0) {
    const below: Place[] = [];
    for (let at = 0; at < level.length; at += nodesPerBrowse) {
      if (options.signal.aborted) return;
      const part = level.slice(at, at + nodesPerBrowse);
      for await (const found of referencesOf(part, options)) {
        const page: BrowsedNode[] = [];
        for (const { parent, reference } of found) {
          const place = placeOf(parent, reference);
          if (seen.has(place.nodeId) || seen.size >= seenMax) continue;
          seen.add(place.nodeId);
          const node = nodeOf(place, reference, namespaceUris);
          if (isSought(node, search)) page.push(node);
          if (place.depth < depthMax && node.kind !== "method") below.push(place);
        }
        if (page.length > 0) yield page;
      }
    }
    level = below;
  }
}

function beginningOf({ from }: BrowseQuery, namespaceUris: readonly string[]): string {
  if (from === undefined) return objectsFolder;
  const address = parseNodeAddress(from);
  const nodeId = address && indexedNodeId(address, namespaceUris);
  if (!nodeId) throw new Misconfigured(`browse opcua: no node "${from}" in this server`);
  return nodeId;
}

function isSought({ path, address }: BrowsedNode, search: string): boolean {
  if (search === "") return true;
  return path.toLowerCase().includes(search) || address.toLowerCase().includes(search);
}

interface Found {
  readonly parent: Place;
  readonly reference: ReferenceDescription;
}

/** References of several nodes; of fewer at a time where the server has no room for so many. */
async function* referencesOf(
  parents: readonly Place[],
  options: BrowseOptions,
): AsyncGenerator<readonly Found[]> {
  const waiting = [parents];
  for (let some = waiting.pop(); some && !options.signal.aborted; some = waiting.pop()) {
    const refused = yield* browseTogether(some, options);
    if (refused.length === 0) continue;
    const half = Math.ceil(refused.length / 2);
    if (some.length > 1) waiting.push(refused.slice(half), refused.slice(0, half));
    else options.link.context.log.warn("browse: a node is not shown whole", { reason: noRoom });
  }
}

/** As many at a time as the server gives. Returns the nodes that it had no room for. */
async function* browseTogether(
  parents: readonly Place[],
  options: BrowseOptions,
): AsyncGenerator<readonly Found[], readonly Place[]> {
  const refused: Place[] = [];
  let answers = await browse(parents, options);
  let open = [...parents];
  let points: Buffer[] = [];
  try {
    for (let idleCount = 0; ; ) {
      refused.push(...open.filter((_, index) => answers[index]?.statusCode.name === noRoom));
      const found = answers.flatMap((answer, index) => foundIn(open[index] as Place, answer));
      open = open.filter((_, index) => hasMore(answers[index]?.continuationPoint));
      points = answers.map(({ continuationPoint }) => continuationPoint).filter(hasMore);
      idleCount = found.length > 0 ? 0 : idleCount + 1;
      if (found.length > 0) yield found;
      if (points.length === 0 || idleCount > idleMax || options.signal.aborted) return refused;
      answers = await browseNext(points, options);
    }
  } finally {
    await release(points, options);
  }
}

async function browse(parents: readonly Place[], { link, signal }: BrowseOptions) {
  const request = new BrowseRequest({
    requestedMaxReferencesPerNode: 0,
    nodesToBrowse: parents.map(({ nodeId }) => ({
      nodeId: coerceNodeId(nodeId),
      browseDirection: BrowseDirection.Forward,
      referenceTypeId: coerceNodeId(hierarchicalReferences),
      includeSubtypes: true,
      nodeClassMask: NodeClass.Object | NodeClass.Variable | NodeClass.Method,
      resultMask,
    })),
  });
  const question = { what: "browse", request, kind: BrowseResponse, isSparing: true, signal };
  return allOf("browse", (await exchange(link, question)).results, parents.length);
}

async function browseNext(continuationPoints: Buffer[], { link, signal }: BrowseOptions) {
  const request = new BrowseNextRequest({ continuationPoints, releaseContinuationPoints: false });
  const question = { what: "browse", request, kind: BrowseNextResponse, isSparing: true, signal };
  return allOf("browse", (await exchange(link, question)).results, continuationPoints.length);
}

/** The server need not remember where it was: it remembers few places at a time. */
async function release(continuationPoints: Buffer[], { link }: BrowseOptions): Promise<void> {
  if (continuationPoints.length === 0 || link.lost.aborted) return;
  const request = new BrowseNextRequest({ continuationPoints, releaseContinuationPoints: true });
  const question = { what: "browse", request, kind: BrowseNextResponse, isSparing: true };
  try {
    await exchange(link, question);
  } catch (error) {
    // It forgets by itself, with the session.
    link.context.log.debug("a place in a tree was not given back", { error });
  }
}

const hasMore = (point: Buffer | null | undefined): point is Buffer => !!point && point.length > 0;

function foundIn(parent: Place, { references }: BrowseResult): Found[] {
  return (references ?? []).map((reference) => ({ parent, reference }));
}

function placeOf({ path, depth }: Place, { nodeId, browseName }: ReferenceDescription): Place {
  const name = browseName.name ?? "";
  const below = path === "" ? name : `${path}/${name}`;
  return { nodeId: textOf(nodeId), path: below, depth: depth + 1 };
}

/** Always with its namespace, as `indexedNodeId` writes it. */
function textOf(nodeId: NodeId): string {
  const text = nodeId.toString();
  return text.startsWith("ns=") ? text : `ns=0;${text}`;
}

const kinds = new Map<NodeClass, BrowsedNode["kind"]>([
  [NodeClass.Variable, "value"],
  [NodeClass.Method, "method"],
]);

function nodeOf(
  { nodeId, path }: Place,
  { nodeClass }: ReferenceDescription,
  namespaceUris: readonly string[],
): BrowsedNode {
  return {
    address: addressOf(nodeId, namespaceUris),
    path,
    kind: kinds.get(nodeClass) ?? "folder",
  };
}
