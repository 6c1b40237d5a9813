import type { Context } from "@headgate/model";
import type { Catalogue } from "../config/config.ts";
import type { Profile } from "../config/profile-schema.ts";
import type { FindEvent, FoundDevice } from "./found-device.ts";
import type { HostPort } from "./hosts.ts";

/** Somebody who was found: a meter on a line, a camera, an OPC UA server. */
export interface FoundThing extends FoundDevice {
  readonly kind: "meter" | "camera" | "server";
  /** False while only that somebody is there is known. */
  readonly isRead: boolean;
  /** Without a login it tells nothing. */
  readonly needsLogin: boolean;
  /** What it offers, where a person should compare that: security, a certificate's thumbprint. */
  readonly offers: readonly string[];
}

export interface ScoutScope {
  readonly context: Context;
  readonly profiles: readonly Profile[];
  readonly emit: (event: FindEvent) => void;
}

/** Ways to look at a place, handed to the house by who names drivers. Each only asks. */
export interface Scouts {
  /** Protocols whose meters may be on the line of a channel of another. */
  readonly drivers: Catalogue["drivers"];
  /** Modbus units and meters with long numbers on a serial port that nobody has open. */
  port(path: string, unitIds: readonly number[], scope: ScoutScope): Promise<void>;
  /** Modbus units at a place on the network; those that are likely if `unitIds` is null. */
  host(place: HostPort, unitIds: readonly number[] | null, scope: ScoutScope): Promise<void>;
  /** A camera at an address; null if none answers as one. */
  camera(url: URL, context: Context): Promise<FoundThing | null>;
  /** An OPC UA server; null if none answers as one. */
  server(place: HostPort, context: Context): Promise<FoundThing | null>;
  /** Addresses of cameras that answer a call on the network that this address of ours is in. */
  call(address: string, context: Context): Promise<readonly URL[]>;
}
