import { realpath } from "node:fs/promises";

/** What a serial port is called in the end. */
export type RealPort = (path: string) => string;

/** One port has many names: /dev/serial/by-id/… and udev's own are links to /dev/ttyUSB0. */
export async function realPorts(paths: readonly string[]): Promise<RealPort> {
  const found = await Promise.all(
    paths.map(async (path) => {
      // One that is not plugged in, or no file, is called as it is written.
      const real = await realpath(path).catch(() => path);
      return [path, real] as const;
    }),
  );
  const names = new Map(found);
  return (path) => names.get(path) ?? path;
}
