/** A node of a server, its namespace by index or by URI. */
export interface NodeAddress {
  /** Index into the server's namespace array, or the URI found there. Indexes may change. */
  readonly namespace: number | string;
  /** With its kind: "s=Filler.Speed", "i=2258", "g=…", "b=…" (OPC 10000-6 §5.3.1.10). */
  readonly identifier: string;
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const base64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const numberMax = 0xffff_ffff;
const namespaceMax = 0xffff;

/** Reads "ns=2;s=Filler.Speed", "nsu=urn:dairy:filler;s=Filler.Speed" or "i=2258"; else null. */
export function parseNodeAddress(text: string): NodeAddress | null {
  const match = /^(?:nsu=([^;]+);|ns=(\d{1,5});)?([isgb]=.+)$/s.exec(text.trim());
  const identifier = match?.[3] ?? "";
  if (!isIdentifier(identifier[0] ?? "", identifier.slice(2))) return null;
  if (match?.[1] !== undefined) return { namespace: unescaped(match[1]), identifier };
  const namespace = Number(match?.[2] ?? 0);
  return namespace <= namespaceMax ? { namespace, identifier } : null;
}

function isIdentifier(kind: string, value: string): boolean {
  if (kind === "i") return /^\d{1,10}$/.test(value) && Number(value) <= numberMax;
  if (kind === "g") return guid.test(value);
  if (kind === "b") return value !== "" && base64.test(value);
  return kind === "s" && value !== "";
}

/** In a URI ";" and "%" are written as %3B and %25 (OPC 10000-6 §5.3.1.11). */
function unescaped(uri: string): string {
  return uri.replace(/%3B/gi, ";").replace(/%25/g, "%");
}

/** With the index of its namespace, as the wire wants it; null if the server lacks the URI. */
export function indexedNodeId(address: NodeAddress, namespaceUris: readonly string[]) {
  const { namespace, identifier } = address;
  const index = typeof namespace === "number" ? namespace : namespaceUris.indexOf(namespace);
  return index < 0 ? null : `ns=${index};${identifier}`;
}

/** The reverse: an address that holds though indexes change, of a node id such as "ns=2;s=X". */
export function addressOf(nodeId: string, namespaceUris: readonly string[]): string {
  const match = /^ns=(\d+);(.+)$/s.exec(nodeId);
  if (!match || match[1] === "0") return match?.[2] ?? nodeId;
  const uri = namespaceUris[Number(match[1])];
  if (uri === undefined) return nodeId;
  return `nsu=${uri.replace(/%/g, "%25").replace(/;/g, "%3B")};${match[2]}`;
}
