/** Looks at some units with one setting of the line. */
export interface Pass<Setting> {
  readonly setting: Setting;
  readonly unitIds: readonly number[];
  /** Calls all meters of a protocol instead: they have long numbers. */
  readonly isCall: boolean;
}

/** What is to be searched for, each list with the likeliest first. */
export interface SearchWish<Setting> {
  readonly settings: readonly Setting[];
  readonly unitIds: readonly number[];
  /** Units that are looked at with every setting before the others are with any. */
  readonly likelyCount: number;
}

/**
 * The likeliest units with every setting, then the others with every setting: on a line whose
 * settings nobody knows the first device shows them after a few seconds, not after minutes.
 */
export function planPasses<Setting>(wish: SearchWish<Setting>): Pass<Setting>[] {
  const { settings, unitIds, likelyCount } = wish;
  if (settings.length === 1) return settings.map((setting) => pass(setting, unitIds));
  const waves = [unitIds.slice(0, likelyCount), unitIds.slice(likelyCount)];
  return waves
    .filter((wave) => wave.length > 0)
    .flatMap((wave) => settings.map((setting) => pass(setting, wave)));
}

function pass<Setting>(setting: Setting, unitIds: readonly number[]): Pass<Setting> {
  return { setting, unitIds, isCall: false };
}

/** The calls behind the first passes: after the likeliest units, before the many others. */
export function withCalls<Setting>(
  passes: readonly Pass<Setting>[],
  { calls, firstCount }: { readonly calls: readonly Setting[]; readonly firstCount: number },
): Pass<Setting>[] {
  const called = calls.map((setting) => ({ ...pass(setting, []), isCall: true }));
  return [...passes.slice(0, firstCount), ...called, ...passes.slice(firstCount)];
}

/** Where nobody is, a protocol's meters are called so often at most. */
export const CALL_COUNT = 4;

function countOf({ unitIds, isCall }: Pass<unknown>): number {
  return isCall ? CALL_COUNT : unitIds.length;
}

/**
 * What is left to do once units were found with one setting: all of a line have the same, so the
 * other settings are left out, unless all are wanted. Meters that are called often have their own.
 */
export function passesLeft<Setting>(
  passes: readonly Pass<Setting>[],
  { foundWith, isAll }: { readonly foundWith: Setting | null; readonly isAll: boolean },
): readonly Pass<Setting>[] {
  if (foundWith === null || isAll) return passes;
  return passes.filter(({ setting, isCall }) => isCall || setting === foundWith);
}

/** How long the passes take if nobody answers. */
export function estimateMs<Setting>(
  passes: readonly Pass<Setting>[],
  lookMs: (setting: Setting) => number,
): number {
  return passes.reduce((sum, one) => sum + countOf(one) * lookMs(one.setting), 0);
}

/** How many looks they are. */
export function lookCount(passes: readonly Pass<unknown>[]): number {
  return passes.reduce((sum, one) => sum + countOf(one), 0);
}

/** Ids that are put first: low ones, then those devices leave the factory with. */
const LOW_COUNT = 10;

/** The ids wanted, likeliest first, and how many of them are likely. */
export function orderUnits(
  wanted: readonly number[],
  factoryIds: readonly number[],
): { readonly unitIds: readonly number[]; readonly likelyCount: number } {
  const low = wanted.filter((id) => id >= 1 && id <= LOW_COUNT);
  const factory = factoryIds.filter((id) => wanted.includes(id));
  const likely = new Set([...low, ...factory]);
  const all = new Set([...likely, ...wanted]);
  return { unitIds: [...all], likelyCount: likely.size };
}
