import type { Component } from "svelte";
import type { IconName } from "./parts/icon-name.ts";
import type { English } from "./text/en.ts";

/** Some screens show one thing of theirs: `rest` of the address names it. */
export type RestScreen = Component<{ rest: string }>;
type AnyScreen = RestScreen | Component<Record<string, never>>;

/** A screen: what it is called, and the file that is loaded when it is first shown. */
export interface Screen {
  /** In the address, behind "#/". */
  readonly path: string;
  readonly name: keyof English;
  readonly icon: IconName;
  /** Reached from elsewhere, not by the navigation. */
  readonly isAside?: boolean;
  readonly load: () => Promise<{ default: AnyScreen }>;
}

/** In the order of the navigation; on a phone the last ones are behind "More". */
export const SCREENS: readonly Screen[] = [
  {
    path: "",
    name: "screen.overview",
    icon: "overview",
    load: () => import("./screens/overview-screen.svelte"),
  },
  {
    path: "devices",
    name: "screen.devices",
    icon: "devices",
    load: () => import("./screens/devices-screen.svelte"),
  },
  {
    path: "find",
    name: "screen.find",
    icon: "inspect",
    isAside: true,
    load: () => import("./screens/find-screen.svelte"),
  },
  {
    path: "points",
    name: "screen.points",
    icon: "points",
    load: () => import("./screens/points-screen.svelte"),
  },
  {
    path: "uplinks",
    name: "screen.uplinks",
    icon: "uplinks",
    load: () => import("./screens/uplinks-screen.svelte"),
  },
  {
    path: "trends",
    name: "screen.trends",
    icon: "trends",
    load: () => import("./screens/trends-screen.svelte"),
  },
  {
    path: "inspect",
    name: "screen.inspect",
    icon: "inspect",
    load: () => import("./screens/inspect-screen.svelte"),
  },
  {
    path: "profiles",
    name: "screen.profiles",
    icon: "profiles",
    load: () => import("./screens/profiles-screen.svelte"),
  },
  {
    path: "alarms",
    name: "screen.alarms",
    icon: "alarms",
    load: () => import("./screens/alarms-screen.svelte"),
  },
  {
    path: "cameras",
    name: "screen.cameras",
    icon: "cameras",
    load: () => import("./screens/cameras-screen.svelte"),
  },
  {
    path: "config",
    name: "screen.config",
    icon: "config",
    load: () => import("./screens/config-screen.svelte"),
  },
  {
    path: "system",
    name: "screen.system",
    icon: "system",
    load: () => import("./screens/system-screen.svelte"),
  },
  {
    path: "handover",
    name: "screen.handover",
    icon: "profiles",
    isAside: true,
    load: () => import("./screens/handover-screen.svelte"),
  },
  {
    path: "login",
    name: "screen.login",
    icon: "person",
    isAside: true,
    load: () => import("./screens/login-screen.svelte"),
  },
];

/** How many of them a phone's bar holds beside "More". */
export const BAR_SCREENS = 4;
