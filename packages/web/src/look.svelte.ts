import { recall, remember } from "./memory.ts";

export type Theme = "system" | "light" | "dark";
const THEMES: readonly Theme[] = ["system", "light", "dark"];

const dark = matchMedia("(prefers-color-scheme: dark)");
let theme = $state<Theme>(THEMES.find((name) => name === recall("theme")) ?? "system");
let hasGloves = $state(recall("gloves") === "on");
let isSystemDark = $state(dark.matches);
dark.addEventListener("change", ({ matches }) => {
  isSystemDark = matches;
});

/** How the page looks on this device. */
export const look = {
  get theme() {
    return theme;
  },
  get isDark() {
    return theme === "system" ? isSystemDark : theme === "dark";
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
