/** A model that a device has. */
export interface FoundModel {
  readonly id: number;
  /** Address of its ID. */
  readonly from: number;
  /** Registers, ID and length among them. */
  readonly count: number;
}

/** What a device says it is made of. */
export interface SunspecChain {
  readonly base: number;
  readonly models: readonly FoundModel[];
  /** Whether its end was seen; else the device fell silent or was busy, and more may follow. */
  readonly isWhole: boolean;
}

/** Registers, or null where the device has none or does not answer. */
export type ReadWords = (from: number, count: number) => Promise<readonly number[] | null>;

/** In the order of the specification; then those of devices that are off by one. */
const BASES = [40_000, 0, 50_000, 39_999, 40_001, 49_999, 50_001, 1];
/** "SunS". */
const MARKER = [0x5375, 0x6e53];
const END_ID = 0xffff;
/** More is no device, but a chain that runs in rubbish. */
const MODELS_MAX = 100;

/**
 * Finds the marker and follows the chain of models; null if this is no SunSpec device. Of a chain
 * that broke off `before`, only the rest is looked for.
 */
export async function walkSunspec(
  read: ReadWords,
  before: SunspecChain | null = null,
): Promise<SunspecChain | null> {
  if (before) return await followChain(before, read);
  for (const base of BASES) {
    const marker = await read(base, 2);
    if (marker?.[0] !== MARKER[0] || marker?.[1] !== MARKER[1]) continue;
    return await followChain({ base, models: [] }, read);
  }
  return null;
}

async function followChain(
  { base, models: known }: Pick<SunspecChain, "base" | "models">,
  read: ReadWords,
): Promise<SunspecChain> {
  const models = [...known];
  const last = models.at(-1);
  let from = last ? last.from + last.count : base + 2;
  while (models.length < MODELS_MAX && from < 0xffff) {
    const [id, length] = (await read(from, 2)) ?? [];
    if (id === undefined || length === undefined) return { base, models, isWhole: false };
    if (id === END_ID || id === 0) break;
    models.push({ id, from, count: length + 2 });
    from += length + 2;
  }
  return { base, models, isWhole: true };
}
