import type { BrowseQuery, HistorySpan, LineNotice, Value } from "@headgate/model";
import type { OpcuaPoint } from "../resolve-nodes.ts";
import type { Address, Config, Device } from "../settings.ts";
import type { PackedSamples } from "./pack-samples.ts";

/** A list of points that both sides know by its number, sent once; a short one goes as it is. */
export type PointList = number | readonly OpcuaPoint[];

/** What a connection in the thread can be asked, with what it answers at once. */
export interface Calls {
  open(config: Config, directory: string): void;
  read(list: PointList): PackedSamples;
  /** Runs until it is stopped; its samples come as messages. */
  subscribe(list: PointList): void;
  write(point: OpcuaPoint, value: Value): void;
  /** Begins a stream; its pages come by `next`. */
  history(spans: readonly HistorySpan<Address, Device>[]): void;
  /** Likewise. */
  browse(query: BrowseQuery): void;
  close(): void;
}

/** What the thread is told. `id` is of a call and so of its stream, `channel` of a connection. */
export type Order =
  | { readonly kind: "list"; readonly list: number; readonly points: readonly OpcuaPoint[] }
  /** Nobody can name this list any more. */
  | { readonly kind: "unlist"; readonly list: number }
  | {
      readonly kind: "call";
      readonly id: number;
      readonly channel: number;
      readonly name: keyof Calls;
      readonly args: readonly unknown[];
    }
  /** The next page of the stream that a call began. */
  | { readonly kind: "next"; readonly id: number }
  | { readonly kind: "stop"; readonly id: number };

/** A fault by its name, for the other side. */
export interface ToldFault {
  readonly name: string;
  readonly message: string;
}

/** What the thread tells. */
export type Word =
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "fault"; readonly id: number; readonly fault: ToldFault }
  | { readonly kind: "samples"; readonly id: number; readonly samples: PackedSamples }
  /** A page of a stream; without a value it is over. */
  | { readonly kind: "page"; readonly id: number; readonly value?: unknown }
  /** All that there are of a connection. */
  | {
      readonly kind: "notices";
      readonly channel: number;
      readonly notices: readonly LineNotice[];
    }
  | {
      readonly kind: "log";
      readonly channel: number;
      readonly level: "debug" | "info" | "warn" | "error";
      readonly message: string;
      readonly fields?: object | undefined;
    };
