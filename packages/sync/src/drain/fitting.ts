import type { Entry } from "@headgate/model";

/** What a frame says of an entry besides its body, about. */
const ENTRY_BYTES = 80;

/** As many of the entries as come to `bytesMax` in a frame; at least one. */
export function fitting(entries: readonly Entry[], bytesMax: number): readonly Entry[] {
  let bytes = 0;
  const tooMany = entries.findIndex((entry, index) => {
    bytes += ENTRY_BYTES + ("body" in entry ? entry.body.byteLength : 0);
    return index > 0 && bytes > bytesMax;
  });
  return tooMany < 0 ? entries : entries.slice(0, tooMany);
}
