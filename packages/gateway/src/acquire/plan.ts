import { isDeepStrictEqual } from "node:util";
import type { PointId } from "@headgate/model";
import type { PointConfig } from "../config/config.ts";
import type { LiveValues } from "../live-values.ts";
import { conditionersOf } from "./condition.ts";
import { createPointGroup, type Member, type PointGroup } from "./point-group.ts";

/** Of one channel, told apart by when they began: after so many changes they are grouped anew. */
const SUBSCRIPTIONS_MAX = 8;

/** What one channel reads, and how: used by each of its connections in turn. */
export interface AcquisitionPlan {
  readonly members: ReadonlyMap<PointId, Member>;
  /** Every point of the channel, for what befalls them together. */
  readonly all: PointGroup;
  readonly scanClasses: readonly { readonly intervalMs: number; readonly group: PointGroup }[];
  readonly subscriptions: readonly Subscription[];
  /** Read when one of their events becomes true. */
  readonly triggered: readonly {
    readonly onEvent: readonly PointId[];
    readonly group: PointGroup;
  }[];
}

interface Subscription {
  readonly members: readonly Member[];
  readonly group: PointGroup;
}

/** A channel's plan, and that there is another one. */
export class Plans {
  #current: AcquisitionPlan;
  #changing = new AbortController();

  constructor(first: AcquisitionPlan) {
    this.#current = first;
  }

  get current(): AcquisitionPlan {
    return this.#current;
  }

  /** Aborts when `current` is another one. */
  get changed(): AbortSignal {
    return this.#changing.signal;
  }

  change(plan: AcquisitionPlan): void {
    const before = this.#changing;
    this.#current = plan;
    this.#changing = new AbortController();
    before.abort();
  }
}

/**
 * Groups a channel's points: by scan interval (fastest first), by sampling interval, by event.
 * What is read as in the plan before goes on as it did there, and remembers what it kept.
 */
export function planAcquisition(
  points: readonly PointConfig[],
  live: LiveValues,
  before: AcquisitionPlan | null = null,
): AcquisitionPlan {
  const all = membersOf(points, before);
  const members = new Map(all.map((member) => [member.config.point.id, member]));
  const scanned = [...Map.groupBy(all.filter(isOf("scan")), intervalOf)].sort(([a], [b]) => a - b);
  const triggered = all.flatMap((member) => {
    const { acquisition } = member.config;
    if (acquisition.kind === "subscribe" || acquisition.onEvent.length === 0) return [];
    return [{ onEvent: acquisition.onEvent, group: createPointGroup([member], live) }];
  });
  return {
    members,
    all: createPointGroup(all, live),
    scanClasses: scanned.map(([intervalMs, group]) => {
      return { intervalMs, group: createPointGroup(group, live) };
    }),
    subscriptions: subscriptionsOf(members, live, before),
    triggered,
  };
}

/** Points that are new in a scan class that goes on: they need not wait for its turn. */
export function freshIn(plan: AcquisitionPlan, before: AcquisitionPlan): readonly PointId[] {
  const isNew = ([id, member]: readonly [PointId, Member]) => before.members.get(id) !== member;
  const fresh = [...plan.members].filter(isNew).map(([, member]) => member);
  const goingOn = new Set(before.scanClasses.map(({ intervalMs }) => intervalMs));
  return fresh
    .filter((member) => isOf("scan")(member) && goingOn.has(intervalOf(member)))
    .map(({ config }) => config.point.id);
}

const isOf = (kind: "scan" | "subscribe") => (member: Member) =>
  member.config.acquisition.kind === kind;

function intervalOf({ config: { acquisition } }: Member): number {
  return acquisition.kind === "event" ? 0 : acquisition.intervalMs;
}

function membersOf(points: readonly PointConfig[], before: AcquisitionPlan | null): Member[] {
  const conditioners = conditionersOf(points.map(({ condition }) => condition));
  return points.map((config, index): Member => {
    const known = before?.members.get(config.point.id);
    if (known && isReadAlike(known.config, config)) return known;
    return { config, conditioner: conditioners[index] as Member["conditioner"] };
  });
}

/** Whatever people call it. */
function isReadAlike(one: PointConfig, other: PointConfig): boolean {
  if (one === other) return true;
  const partsOf = ({ point, acquisition, condition }: PointConfig) => {
    return [point, acquisition, condition];
  };
  return isDeepStrictEqual(partsOf(one), partsOf(other));
}

function subscriptionsOf(
  members: ReadonlyMap<PointId, Member>,
  live: LiveValues,
  before: AcquisitionPlan | null,
): readonly Subscription[] {
  const isUntouched = (own: Subscription) =>
    own.members.every((member) => members.get(member.config.point.id) === member);
  const untouched = before?.subscriptions.filter(isUntouched) ?? [];
  const kept = untouched.length < SUBSCRIPTIONS_MAX ? untouched : [];
  const taken = new Set(kept.flatMap((own) => own.members));
  const others = [...members.values()].filter(
    (member) => isOf("subscribe")(member) && !taken.has(member),
  );
  const added = [...Map.groupBy(others, intervalOf)].sort(([a], [b]) => a - b);
  return [
    ...kept,
    ...added.map(([, group]) => ({ members: group, group: createPointGroup(group, live) })),
  ];
}
