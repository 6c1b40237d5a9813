import type { Manifest } from "./manifest.ts";
import type { Outcome } from "./release-state.ts";

/** An update that was sent here and proved, and not installed yet. */
export interface Staged {
  readonly version: string;
  readonly signer: string;
  readonly notes: Manifest["notes"];
  readonly bytes: number;
  readonly files: number;
}

/** What there is to be seen of updates. */
export interface UpdateView {
  readonly version: string;
  readonly previous: string | null;
  readonly signers: readonly string[];
  /** Null unless the version that runs has to confirm itself yet. */
  readonly trial: { readonly leftMs: number; readonly missing: readonly string[] } | null;
  readonly last: Outcome | null;
  /** Of a file that is on its way. */
  readonly receivedBytes: number;
  readonly staged: Staged | null;
  /** Being unpacked; then the process ends. */
  readonly installing: string | null;
  /** Why the last one could not be installed. */
  readonly problem: string | null;
}

/** Some bytes of a file that is sent here. */
export interface Piece {
  readonly offset: number;
  /** Of the whole file. */
  readonly size: number;
  readonly bytes: Uint8Array;
}

/** What the API may ask of updates. */
export interface Updates {
  /** Of the versions. */
  readonly folder: string;
  view(): Promise<UpdateView>;
  /** The next bytes of a file; with the last of them it is proved. The first begin a new one. */
  take(piece: Piece): Promise<UpdateView>;
  /** Begins to install what was proved; then the process ends, and the launcher starts it. */
  install(version: string): Promise<void>;
  /** The kept version starts again: this one. */
  takeBack(who: string): Promise<string>;
}
