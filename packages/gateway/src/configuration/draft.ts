import type { ConfigChange } from "../compare-configs.ts";
import type { GatewayConfig } from "../config/config.ts";
import type { Problem } from "../config/problem.ts";
import type { Change } from "./diff-config.ts";
import type { SecretPlace } from "./keep-secrets.ts";
import type { ConfigVersion } from "./version-store.ts";

/** What a text would mean, before it is applied. */
export interface Draft {
  readonly text: string;
  readonly problems: readonly Problem[];
  /** Null if it has mistakes. */
  readonly config: GatewayConfig | null;
  readonly changes: readonly Change[];
  /** It comes back by itself unless it is confirmed. */
  readonly isRisky: boolean;
  /** What stops for it, and begins again; null where that cannot be told. */
  readonly stops: ConfigChange | null;
  /** Places of secrets that it would send elsewhere, or show. */
  readonly movedSecrets: readonly string[];
}

/** A text that is to be the configuration. */
export interface Edit {
  readonly text: string;
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
export function movesBuffer({ config, changes }: Draft, current: GatewayConfig | null): boolean {
  if (config && current) return config.buffer.path !== current.buffer.path;
  return changes.some(({ path }) => path === "buffer.path");
}
