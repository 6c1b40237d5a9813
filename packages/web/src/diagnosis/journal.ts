import type { AuditEntry, ConfigVersion, GatewayStatus } from "@headgate/gateway/api-types";
import type { Told } from "./told.ts";

/** Something that happened, and when. */
export interface Event {
  readonly atMs: number;
  readonly what: Told;
  /** As the gateway said it. */
  readonly detail: string;
}

/** What is known of what happened. */
export interface Known {
  readonly status: GatewayStatus | null;
  readonly versions: readonly Pick<ConfigVersion, "version" | "atMs" | "who" | "why">[];
  readonly audit: readonly Pick<AuditEntry, "atMs" | "who" | "action" | "outcome" | "detail">[];
}

const EVENTS_MAX = 200;

/** Of several records one: the newest first. */
export function journalOf({ status, versions, audit }: Known): readonly Event[] {
  const events: Event[] = [
    ...(status ? lifeOf(status) : []),
    ...versions.map(({ version, atMs, who, why }): Event => {
      return { atMs, what: { key: "journal.version", values: { version, who } }, detail: why };
    }),
    // A change of the configuration is told by its version.
    ...audit
      .filter(({ action }) => action !== "config.apply")
      .map(({ atMs, who, action, outcome, detail }): Event => {
        const values = { who, action, outcome };
        return { atMs, what: { key: "journal.audit", values }, detail };
      }),
  ];
  return events.sort((a, b) => b.atMs - a.atMs).slice(0, EVENTS_MAX);
}

function lifeOf({ startedMs, channels, uplinks, buffer }: GatewayStatus): Event[] {
  const parts = [
    ...channels.map(({ id, state }) => ({ key: "channel" as const, id, state })),
    ...uplinks.map(({ id, state }) => ({ key: "uplink" as const, id, state })),
  ];
  const states = parts.flatMap(({ key, id, state }): Event[] => {
    if (state.kind === "opening") return [];
    const isUp = state.kind === "up";
    const what: Told = { key: `journal.${key}${isUp ? "Up" : "Down"}`, values: { id } };
    return [{ atMs: state.sinceMs, what, detail: "reason" in state ? state.reason : "" }];
  });
  const step = buffer.clock?.lastStep;
  const stepped: Event[] = step
    ? [
        {
          atMs: step.atMs,
          what: { key: "journal.clock", values: { seconds: Math.round(step.ms / 1000) } },
          detail: "",
        },
      ]
    : [];
  return [{ atMs: startedMs, what: { key: "journal.started" }, detail: "" }, ...states, ...stepped];
}
