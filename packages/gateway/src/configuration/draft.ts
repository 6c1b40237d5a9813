import type { ConfigChange } from "../compare-configs.ts";
import type { GatewayConfig } from "../config/config.ts";
import type { Problem } from "../config/problem.ts";
import type { Change } from "./diff-config.ts";
import type { SecretPlace } from "./keep-secrets.ts";
import type { ConfigVersion } from "./version-store.ts";

/** What has to be known of a configuration before it runs. */
export interface ConfigGist {
  readonly bufferPath: string;
  readonly uplinkIds: readonly string[];
}

export function gistOf({ buffer, uplinks }: GatewayConfig): ConfigGist {
  return { bufferPath: buffer.path, uplinkIds: uplinks.map(({ id }) => id) };
}

/** What a text would mean, before it is applied. */
export interface Draft {
  readonly text: string;
  readonly problems: readonly Problem[];
  /** Null if it has mistakes. */
  readonly gist: ConfigGist | null;
  /** Of the version in use; null where that has mistakes, or the draft has. */
  readonly gistBefore: ConfigGist | null;
  readonly changes: readonly Change[];
  /** It comes back by itself unless it is confirmed. */
  readonly isRisky: boolean;
  /** What stops for it, and begins again; null where that cannot be told. */
  readonly stops: ConfigChange | null;
  /** Places of secrets that it would send elsewhere, or show. */
  readonly movedSecrets: readonly string[];
}

/** A draft, and what it was compared with. */
export interface CheckedDraft extends Draft {
  readonly version: number;
}

/** A text that is to be the configuration. */
export interface Edit {
  readonly text: string;
  /** Its check, where somebody has it already. */
  readonly draft?: CheckedDraft;
  /** The version that was looked at. */
  readonly seen: number;
  readonly who: string;
  readonly why: string;
  /** Where secrets were typed that are to be files, not in the text. */
  readonly secrets?: readonly SecretPlace[];
  /** Throws where whoever asks may not do what the text does. */
  readonly may?: (draft: Draft) => void;
}

/** Somebody else was faster. */
export class ChangedMeanwhile extends Error {
  override name = "ChangedMeanwhile";
  readonly newest: ConfigVersion;
  constructor(newest: ConfigVersion) {
    super(`${newest.who} made version ${newest.version} meanwhile`);
    this.newest = newest;
  }
}

/** Whether it would leave behind all that is kept. */
export function movesBuffer({ gist, gistBefore, changes }: Draft): boolean {
  if (gist && gistBefore) return gist.bufferPath !== gistBefore.bufferPath;
  return changes.some(({ path }) => path === "buffer.path");
}
