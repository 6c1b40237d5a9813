import type { LineTap } from "@headgate/model";
import type { Wire } from "./wire.ts";

/** The same wire, whose bytes are told to `tap` as they go; without one the wire itself. */
export function tapWire(wire: Wire, tap: LineTap | undefined): Wire {
  if (!tap) return wire;
  tap.opened();
  return {
    // What else a wire can do it goes on doing.
    ...wire,
    write(bytes) {
      tap.sent(bytes);
      wire.write(bytes);
    },
    listen(onBytes, ...others) {
      wire.listen(
        (bytes) => {
          tap.received(bytes);
          onBytes(bytes);
        },
        ...others,
      );
    },
  };
}
