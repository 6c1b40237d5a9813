import { setFlagsFromString } from "node:v8";

let [isWanted, growingCount] = [false, 0];

/**
 * From now on heaps stay as small as they can. Else V8 lets them grow where memory abounds, for a
 * gain of nothing: what a gateway makes anew at each scan is dead at the next.
 */
export function keepHeapLean(): void {
  isWanted = true;
  setFlagsFromString("--optimize-for-size");
}

/** Until `leanHeap`: for work that makes much at once, and takes half the time so. */
export function growHeap(): void {
  growingCount++;
  if (isWanted) setFlagsFromString("--no-optimize-for-size");
}

/** Ends what `growHeap` began. */
export function leanHeap(): void {
  growingCount--;
  if (isWanted && growingCount === 0) setFlagsFromString("--optimize-for-size");
}
