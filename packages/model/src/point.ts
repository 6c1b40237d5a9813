/** Stable and unique in one gateway, `device/point`: "press-3/oil-temperature". */
export type PointId = string;

/**
 * One readable (perhaps writable) thing in one device, as its driver sees it.
 * `address` is what the driver's `addressSchema` made of the point's settings,
 * `device` what its `deviceSchema` made of the device's; points of one device share that object.
 */
export interface Point<Address = unknown, Device = unknown> {
  readonly id: PointId;
  readonly address: Address;
  readonly device: Device;
}
