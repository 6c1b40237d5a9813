import type uPlot from "uplot";

/** What fingers and a wheel ask of a chart. */
export interface Gestures {
  /** By a share of what is seen. */
  pan(share: number): void;
  /** About a place from 0 to 1. */
  zoom(factor: number, at: number): void;
}

const WHEEL_STEP = 1.2;

/** One finger pans, two zoom, a wheel with Ctrl zooms; up and down the page still scrolls. */
export function gesturesOf(gestures: Gestures): uPlot.Plugin {
  return {
    hooks: {
      ready: (chart) => {
        const { over } = chart;
        over.style.touchAction = "pan-y";
        listen(over, gestures);
      },
    },
  };
}

function listen(over: HTMLElement, { pan, zoom }: Gestures): void {
  const fingers = new Map<number, number>();
  const places = () => [...fingers.values()].sort((a, b) => a - b);
  const at = (x: number) => (x - over.getBoundingClientRect().left) / over.clientWidth;
  const spread = ([a = 0, b = 0]: readonly number[]) => Math.max(20, b - a);
  over.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse") return;
    fingers.set(event.pointerId, event.clientX);
  });
  over.addEventListener("pointermove", (event) => {
    const wasX = fingers.get(event.pointerId);
    if (wasX === undefined) return;
    const before = places();
    fingers.set(event.pointerId, event.clientX);
    const after = places();
    if (after.length === 1) pan((wasX - event.clientX) / over.clientWidth);
    else zoom(spread(before) / spread(after), at((after[0] ?? 0) / 2 + (after[1] ?? 0) / 2));
  });
  const lift = ({ pointerId }: PointerEvent) => void fingers.delete(pointerId);
  for (const name of ["pointerup", "pointercancel", "pointerleave"] as const) {
    over.addEventListener(name, lift);
  }
  const onWheel = (event: WheelEvent) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(event.deltaY > 0 ? WHEEL_STEP : 1 / WHEEL_STEP, at(event.clientX));
  };
  over.addEventListener("wheel", onWheel, { passive: false });
}
