import { BadFrame } from "./bad-frame.ts";

/** As in the small messages: a longer one could not be acknowledged. */
const NAME_CHARACTERS_MAX = 200;

/** Says so unless gateway and epoch have names that every store can keep apart. */
export function checkNames(names: { readonly gatewayId: string; readonly epoch: string }): void {
  for (const [what, name] of Object.entries(names)) {
    const isSound = name.isWellFormed() && !name.includes("\0");
    if (name === "" || name.length > NAME_CHARACTERS_MAX || !isSound) {
      throw new BadFrame(`frame has no sound ${what === "epoch" ? "epoch" : "gateway id"}`);
    }
  }
}
