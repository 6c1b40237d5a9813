/** Of lines, on a light ground and on a dark one. Beyond four they are dashed, then dotted. */
const LIGHT = ["#1f5fa8", "#a34700", "#00695c", "#8e2480"] as const;
const DARK = ["#7db4f0", "#ffb454", "#5fd0bd", "#e58fd8"] as const;
const DASHES = [[], [7, 4], [2, 4]] as const;

export const POINTS_MAX = 10;

export interface LineLook {
  readonly colour: string;
  readonly dash: readonly number[];
}

export function lineLook(index: number, isDark: boolean): LineLook {
  const colours = isDark ? DARK : LIGHT;
  const colour = colours[index % colours.length] ?? LIGHT[0];
  return { colour, dash: DASHES[Math.floor(index / colours.length)] ?? [] };
}

/** The same colour, to be seen through. */
export const faint = (colour: string) => `${colour}33`;
