/** One measured number. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
}
