/** Where to look in what a device offers, and for what. */
export interface BrowseQuery {
  /** An address to begin at; the driver's own beginning if absent. */
  readonly from?: string;
  /** Only what has this in its path or address, whatever the case. */
  readonly search?: string;
  /** Levels below the beginning; as deep as it goes if absent. */
  readonly depthMax?: number;
}

/** One thing that a device offers. */
export interface BrowsedNode {
  /** As a point's `address` is written. */
  readonly address: string;
  /** Names from the beginning down, with slashes: "Plant/Area01/Value07". */
  readonly path: string;
  readonly kind: "folder" | "value" | "method";
}
