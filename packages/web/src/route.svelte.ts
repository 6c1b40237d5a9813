/** Where the reader is: the part of the address behind "#". */
export interface Place {
  /** "points" of "#/points/tank/temperature"; empty for the overview. */
  readonly screen: string;
  /** What follows, decoded: "tank/temperature". */
  readonly rest: string;
}

function placeOf(hash: string): Place {
  const [screen = "", ...rest] = hash.replace(/^#\/?/, "").split("/");
  return { screen, rest: rest.map(decoded).join("/") };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // Written by hand, with a lone "%".
  }
}

/** The address of a screen, or of a thing on it. */
export function linkTo(screen: string, rest = ""): string {
  const parts = rest === "" ? [] : rest.split("/").map(encodeURIComponent);
  return `#/${[screen, ...parts].filter((part) => part !== "").join("/")}`;
}

let place = $state.raw(placeOf(location.hash));
window.addEventListener("hashchange", () => {
  place = placeOf(location.hash);
});

export const route = {
  get place(): Place {
    return place;
  },
  go(hash: string) {
    location.hash = hash;
  },
};
