import type {
  BrowsedNode,
  BrowseQuery,
  Connection,
  LineNotice,
  Sample,
  Value,
} from "@headgate/model";
import { browseTree } from "./browse-tree.ts";
import type { Span } from "./group-spans.ts";
import type { LeftSubscriptions } from "./held-subscription.ts";
import type { Link } from "./link.ts";
import { Notices } from "./notices.ts";
import { type Emit, Outbox } from "./outbox.ts";
import { Publisher } from "./publisher.ts";
import { readHistory } from "./read-history.ts";
import { Reader } from "./reader.ts";
import type { OpcuaPoint } from "./resolve-nodes.ts";
import type { ServerFacts } from "./server-facts.ts";
import type { Address, Device } from "./settings.ts";
import { subscribe } from "./subscribe.ts";
import { Writer } from "./writer.ts";

/** A session while it is up. */
export class OpcuaConnection implements Connection<Address, Device> {
  readonly #link: Link;
  readonly #facts: ServerFacts;
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #publisher: Publisher;
  readonly #left: LeftSubscriptions;
  readonly said = new Notices();

  constructor(link: Link, facts: ServerFacts, left: LeftSubscriptions) {
    this.#link = link;
    this.#left = left;
    this.#publisher = new Publisher(link);
    this.#facts = facts;
    this.#reader = new Reader(link, facts);
    this.#writer = new Writer(link, facts);
  }

  read(points: readonly OpcuaPoint[], signal: AbortSignal): Promise<Sample[]> {
    return this.#reader.read(points, signal);
  }

  subscribe(points: readonly OpcuaPoint[], emit: Emit, signal: AbortSignal): Promise<void> {
    return subscribe({
      link: this.#link,
      publisher: this.#publisher,
      left: this.#left,
      facts: this.#facts,
      points,
      outbox: new Outbox(emit),
      notices: this.said,
      signal,
    });
  }

  history(spans: readonly Span[], signal: AbortSignal): AsyncIterable<readonly Sample[]> {
    return readHistory(spans, { link: this.#link, facts: this.#facts, signal });
  }

  browse(query: BrowseQuery, signal: AbortSignal): AsyncIterable<readonly BrowsedNode[]> {
    return browseTree(query, { link: this.#link, facts: this.#facts, signal });
  }

  write(point: OpcuaPoint, value: Value, signal: AbortSignal): Promise<void> {
    return this.#writer.write(point, value, signal);
  }

  notices(): readonly LineNotice[] {
    return this.said.all();
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}
