export type IconName =
  | "overview"
  | "devices"
  | "points"
  | "inspect"
  | "uplinks"
  | "profiles"
  | "system"
  | "more"
  | "light"
  | "dark"
  | "close"
  | "person"
  | "star";
