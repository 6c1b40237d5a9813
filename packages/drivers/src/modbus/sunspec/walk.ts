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

/** Finds the marker and follows the chain of models; null if this is no SunSpec device. */
export async function walkSunspec(read: ReadWords): Promise<SunspecChain | null> {
  for (const base of BASES) {
    const marker = await read(base, 2);
    if (marker?.[0] !== MARKER[0] || marker?.[1] !== MARKER[1]) continue;
    return { base, models: await walkFrom(base + 2, read) };
  }
  return null;
}

async function walkFrom(start: number, read: ReadWords): Promise<readonly FoundModel[]> {
  const models: FoundModel[] = [];
  let from = start;
  while (models.length < MODELS_MAX && from < 0xffff) {
    const [id, length] = (await read(from, 2)) ?? [];
    if (id === undefined || length === undefined || id === END_ID || id === 0) break;
    models.push({ id, from, count: length + 2 });
    from += length + 2;
  }
  return models;
}
