import type { Wire } from "../wire/wire.ts";
import { createAsciiReader, toAscii } from "./ascii-frames.ts";

/** A line that speaks Modbus ASCII, to those who speak RTU. */
export function asciiWire(wire: Wire): Wire {
  return {
    // What else a wire can do it goes on doing.
    ...wire,
    write: (frame) => wire.write(toAscii(frame)),
    listen(onBytes, ...others) {
      // What is no frame is heard too: it shows in the trace, and tells a wrong rate from silence.
      const read = createAsciiReader(onBytes);
      wire.listen(
        (bytes) => {
          for (const frame of read(bytes)) onBytes(frame);
        },
        ...others,
      );
    },
  };
}
