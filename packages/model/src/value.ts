/** What a point can hold. 64-bit integers are bigint, so that no register loses bits on the way. */
export type Value = boolean | number | bigint | string;
