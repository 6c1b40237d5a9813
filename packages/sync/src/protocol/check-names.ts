import { BadFrame } from "./bad-frame.ts";

/** As in the small messages: a longer one could not be acknowledged. */
const NAME_CHARACTERS_MAX = 200;

/** Says so unless gateway and epoch have names that every store can keep apart. */
export function checkNames(names: { readonly gatewayId: string; readonly epoch: string }): void {
  if (!isSoundName(names.gatewayId)) throw new BadFrame("frame has no sound gateway id");
  if (!isSoundName(names.epoch)) throw new BadFrame("frame has no sound epoch");
}

/** Whether every store can keep this name apart from others. */
export function isSoundName(name: string): boolean {
  const isText = name.isWellFormed() && !name.includes("\0");
  return isText && name !== "" && name.length <= NAME_CHARACTERS_MAX;
}
