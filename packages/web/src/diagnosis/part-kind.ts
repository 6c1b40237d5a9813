import type { PartState } from "@headgate/gateway/api-types";
import type { Kind } from "./told.ts";

const KINDS: Readonly<Record<PartState["kind"], Kind>> = {
  parked: "failure",
  waiting: "warning",
  opening: "busy",
  up: "none",
};

/** How bad the state of a line or an uplink is. */
export const partKind = ({ kind }: PartState): Kind => KINDS[kind];

/** What its driver or the far side said; empty while nothing is wrong. */
export const partReason = (state: PartState) => ("reason" in state ? state.reason : "");
