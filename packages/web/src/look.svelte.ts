import { recall, remember } from "./memory.ts";

export type Theme = "system" | "light" | "dark";
const THEMES: readonly Theme[] = ["system", "light", "dark"];

const dark = matchMedia("(prefers-color-scheme: dark)");
const forced = matchMedia("(forced-colors: active)");
let theme = $state<Theme>(THEMES.find((name) => name === recall("theme")) ?? "system");
let hasGloves = $state(recall("gloves") === "on");
let isSystemDark = $state(dark.matches);
let isForced = $state(forced.matches);
forced.addEventListener("change", ({ matches }) => {
  isForced = matches;
});
dark.addEventListener("change", ({ matches }) => {
  isSystemDark = matches;
});

/** How the page looks on this device. */
export const look = {
  get theme() {
    return theme;
  },
  get isDark() {
    return theme === "system" || isForced ? isSystemDark : theme === "dark";
  },
  /** The reader's own colours, of high contrast, are in the place of ours. */
  get isForced() {
    return isForced;
  },
  get hasGloves() {
    return hasGloves;
  },
  chooseTheme(chosen: Theme) {
    theme = chosen;
    remember("theme", chosen);
  },
  wearGloves(wears: boolean) {
    hasGloves = wears;
    remember("gloves", wears ? "on" : "off");
  },
};
