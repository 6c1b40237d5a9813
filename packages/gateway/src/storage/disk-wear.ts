/** How much of a flash memory's life is used, as it tells itself. */
export interface DiskWear {
  readonly usedPercentMin: number;
  /** Null where it has lived longer than it was made for. */
  readonly usedPercentMax: number | null;
  /** Of the blocks it keeps for worn ones: used to 80 % ("warning"), to 90 % ("urgent"). */
  readonly reserve: "normal" | "warning" | "urgent" | null;
}

const STEP_PERCENT = 10;
/** 1: up to 10 % … 10: up to 100 %, 11: more than it was made for. */
const BEYOND = 11;
const RESERVES = [null, "normal", "warning", "urgent"] as const;

/**
 * What an eMMC's `life_time` ("0x01 0x02", of its two kinds of cells) and `pre_eol_info` ("0x01")
 * mean, by JEDEC JESD84-B50. Null where neither says anything. Pure.
 */
export function wearOf(lifeTime: string | null, preEol: string | null): DiskWear | null {
  const steps = numbersIn(lifeTime).filter((step) => step >= 1 && step <= BEYOND);
  const reserve = RESERVES[numbersIn(preEol)[0] ?? 0] ?? null;
  if (steps.length === 0) return null;
  // The memory ends with the first of them.
  const worst = Math.max(...steps);
  return {
    usedPercentMin: STEP_PERCENT * (worst - 1),
    usedPercentMax: worst === BEYOND ? null : STEP_PERCENT * worst,
    reserve,
  };
}

function numbersIn(text: string | null): readonly number[] {
  return [...(text ?? "").matchAll(/\b0x[0-9a-f]{1,2}\b/gi)].map(([number]) => Number(number));
}

/** Bytes that a process had written to disks, by `/proc/self/io`; null where that says nothing. */
export function writtenIn(io: string | null): number | null {
  const [, bytes] = /^write_bytes: (\d+)$/m.exec(io ?? "") ?? [];
  return bytes === undefined ? null : Number(bytes);
}
