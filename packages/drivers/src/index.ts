import type { Driver } from "@headgate/model";

// The parameters of a driver are its own business; whoever lists drivers knows them as unknown.
type AnyDriver = Driver<unknown, unknown, unknown>;

/** Every driver of the house by its type, loaded when a channel first asks for it. */
export const builtinDrivers: Readonly<Record<string, () => Promise<AnyDriver>>> = {
  simulated: async () => (await import("./simulated/driver.ts")).simulatedDriver as AnyDriver,
};
