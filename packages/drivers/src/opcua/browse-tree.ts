import { type BrowsedNode, type BrowseQuery, Misconfigured } from "@headgate/model";
import {
  BrowseDirection,
  type BrowseResult,
  coerceNodeId,
  NodeClass,
  type NodeId,
  type ReferenceDescription,
} from "node-opcua-client";
import type { Link } from "./link.ts";
import { addressOf, indexedNodeId, parseNodeAddress } from "./node-address.ts";
import type { ServerFacts } from "./server-facts.ts";

const objectsFolder = "ns=0;i=85";
const hierarchicalReferences = "ns=0;i=33";
/** Names, class and target of each reference. */
const resultMask = 0x3f;
/** Nodes remembered as seen, so that circles end; past that the walk does. */
const seenMax = 1_000_000;

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
  const depthMax = query.depthMax ?? Number.POSITIVE_INFINITY;
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

/** References of several nodes, as many at a time as the server gives. */
async function* referencesOf(
  parents: readonly Place[],
  options: BrowseOptions,
): AsyncGenerator<readonly Found[]> {
  const { link, signal } = options;
  const wanted = parents.map(({ nodeId }) => ({
    nodeId: coerceNodeId(nodeId),
    browseDirection: BrowseDirection.Forward,
    referenceTypeId: coerceNodeId(hierarchicalReferences),
    includeSubtypes: true,
    nodeClassMask: NodeClass.Object | NodeClass.Variable | NodeClass.Method,
    resultMask,
  }));
  let open = [...parents];
  let answers = await link.ask("browse", () => link.session.browse(wanted), { signal });
  for (;;) {
    yield answers.flatMap((answer, index) => foundIn(open[index] as Place, answer));
    const points = answers.map(({ continuationPoint }) => continuationPoint);
    open = open.filter((_, index) => hasMore(points[index]));
    const left = points.filter(hasMore);
    if (left.length === 0) return;
    const isOver = signal.aborted;
    const next = () => link.session.browseNext(left, isOver);
    answers = await link.ask("browse", next, isOver ? {} : { signal });
    if (isOver) return;
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
