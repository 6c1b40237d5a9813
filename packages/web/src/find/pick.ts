import type { Find } from "@headgate/gateway/api-types";

export type FoundThing = Find["things"][number];

/** What the reader said of a found thing; what is absent is as proposed. */
export interface Choice {
  readonly isWanted?: boolean;
  readonly name?: string;
  /** Of its proposals. */
  readonly index?: number;
  /** Of the library, instead of a proposal; empty: points of its own. */
  readonly profile?: string;
  /** Of the point that it begins with, without a profile. */
  readonly address?: string;
  readonly username?: string;
  readonly password?: string;
}

/** What `POST /api/find/draft` takes. */
export interface Pick {
  readonly key: string;
  readonly name: string;
  readonly profile: string | null;
  readonly variant: string | null;
  readonly address: string;
  readonly username: string;
  readonly password: string;
}

/** Why a thing cannot be added, or that it can. */
export type Obstacle =
  | "none"
  | "reading"
  | "existing"
  | "conflict"
  | "garbled"
  | "unknown"
  | "login";

export function obstacleOf(thing: FoundThing, choice: Choice): Obstacle {
  const { profile, username = "", password = "" } = choice;
  if (thing.existing !== null) return "existing";
  if (!thing.isRead) return "reading";
  if (thing.trouble !== null) return thing.trouble;
  if (thing.kind === "meter") {
    return thing.proposals.length === 0 && profile === undefined ? "unknown" : "none";
  }
  if (thing.kind === "camera" && thing.needsLogin && (username === "" || password === "")) {
    return "login";
  }
  return "none";
}

/** Ticked without a word: whatever is new and certain enough, or has been chosen for. */
export function isWanted(thing: FoundThing, choice: Choice): boolean {
  if (obstacleOf(thing, choice) !== "none") return false;
  return choice.isWanted ?? (choice.profile !== undefined || thing.verdict !== "weak");
}

export function pickOf(thing: FoundThing, choice: Choice): Pick {
  const { key, name, proposals } = thing;
  const isOwn = choice.profile !== undefined;
  const proposal = isOwn ? null : (proposals[choice.index ?? 0] ?? null);
  return {
    key,
    name: choice.name?.trim() || name,
    profile: choice.profile || (proposal?.profile ?? null),
    variant: proposal?.variant ?? null,
    address: choice.profile === "" ? (choice.address?.trim() ?? "") : "",
    username: choice.username ?? "",
    password: choice.password ?? "",
  };
}

/** Key values of so many devices are put onto the overview, and of each so many. */
const SHOWN_MAX = 8;
const SHOWN_OF_EACH = 2;

/** Points that are worth seeing first, once these things are devices. */
export function firstPoints(
  things: readonly FoundThing[],
  added: readonly { readonly key: string; readonly device: string }[],
  choices: Readonly<Record<string, Choice>>,
): readonly string[] {
  return added
    .flatMap(({ key, device }) => {
      const thing = things.find((one) => one.key === key);
      const { index = 0, profile } = choices[key] ?? {};
      const proposal = profile === undefined ? thing?.proposals[index] : undefined;
      const names = proposal?.values.map(({ point }) => point) ?? [];
      return names.slice(0, SHOWN_OF_EACH).map((name) => `${device}/${name}`);
    })
    .slice(0, SHOWN_MAX);
}

/** A device model that a thing may be said to be. */
interface Model {
  readonly id: string;
  readonly driver: string;
  readonly manufacturer: string;
}

/** Those of the thing's protocol, by maker. */
export function modelsFor<M extends Model>(
  { channel }: { readonly channel: FoundThing["channel"] },
  library: readonly M[],
): readonly (readonly [maker: string, models: readonly M[]])[] {
  const fitting = library.filter(({ driver }) =>
    `${String(channel.driver)}-`.startsWith(`${driver}-`),
  );
  const makers = new Map<string, M[]>();
  for (const model of fitting) {
    makers.set(model.manufacturer, [...(makers.get(model.manufacturer) ?? []), model]);
  }
  return [...makers].sort(([a], [b]) => a.localeCompare(b));
}

/** From 0 to 1, by what is done and what is left of the time. */
export function doneShare({ state, tookMs, leftMs }: HowFar): number {
  if (state !== "running") return 1;
  return tookMs + (leftMs ?? 0) === 0 ? 0 : Math.min(0.99, tookMs / (tookMs + (leftMs ?? 0)));
}

type HowFar = { readonly state: string; readonly tookMs: number; readonly leftMs: number | null };
