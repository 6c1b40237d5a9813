import { glyphOf } from "./virtual-camera-font.ts";

/** Red, green, blue, each 0 to 255. */
export type Rgb = readonly [number, number, number];

/** Two numbers, the first along the width, the second along the height. */
export type Pair = readonly [x: number, y: number];

const HORIZON = 0.5;
const WHITE: Rgb = [255, 255, 255];
const GLYPH_ROWS = 7;
const GLYPH_COLUMNS = 5;

/** A raster to draw on. Places and sizes are parts of its width (x) and height (y), 0 to 1. */
export class Canvas {
  /** Four bytes a pixel, from the top left. */
  readonly pixels: Uint8Array;
  readonly #widthPx: number;
  readonly #heightPx: number;

  constructor(widthPx: number, heightPx: number, pixels?: Uint8Array) {
    this.#widthPx = widthPx;
    this.#heightPx = heightPx;
    this.pixels = pixels ?? new Uint8Array(widthPx * heightPx * 4).fill(255);
  }

  copy(): Canvas {
    return new Canvas(this.#widthPx, this.#heightPx, this.pixels.slice());
  }

  /** A rectangle from its top left corner, at least one pixel in size. */
  box([x, y]: Pair, [width, height]: Pair, colour: Rgb): void {
    const from = Math.round(y * this.#heightPx);
    const to = Math.max(from + 1, Math.round((y + height) * this.#heightPx));
    const left = x * this.#widthPx;
    const right = Math.max(left + 1, (x + width) * this.#widthPx);
    for (let yPx = from; yPx < to; yPx++) this.#row(yPx, [left, right], colour);
  }

  /** A circle around its middle; the radius is a part of the width. */
  circle(middle: Pair, radius: number, colour: Rgb): void {
    this.oval(middle, [radius, (radius * this.#widthPx) / this.#heightPx], colour);
  }

  /** An ellipse around its middle. */
  oval(middle: Pair, radii: Pair, colour: Rgb): void {
    this.#shape(middle, radii, { halfAt: (part) => Math.sqrt(1 - part * part), colour });
  }

  /** Fades from one colour to the other between two heights. */
  gradient([fromY, toY]: Pair, top: Rgb, bottom: Rgb): void {
    const from = Math.round(fromY * this.#heightPx);
    const to = Math.round(toY * this.#heightPx);
    for (let yPx = from; yPx < to; yPx++) {
      const part = (yPx - from) / (to - from);
      const mix = (index: 0 | 1 | 2) => top[index] + (bottom[index] - top[index]) * part;
      this.#row(yPx, [0, this.#widthPx], [mix(0), mix(1), mix(2)]);
    }
  }

  /** A hill on the horizon, which is at half the height. */
  hill(x: number, [width, height]: Pair, colour: Rgb): void {
    const halfAt = (part: number) => Math.sqrt(Math.max(0, part + 1) / 2);
    this.#shape([x, HORIZON - height / 2], [width / 2, height / 2], { halfAt, colour });
  }

  /** A triangle that stands on its base: its middle, and half its width and height. */
  roof(middle: Pair, radii: Pair, colour: Rgb): void {
    this.#shape(middle, radii, { halfAt: (part) => (part + 1) / 2, colour });
  }

  /** White capitals, digits and marks, `height` high, from the top left corner. */
  text([x, y]: Pair, height: number, text: string): void {
    const cell = height / GLYPH_ROWS;
    const cellWidth = (cell * this.#heightPx) / this.#widthPx;
    for (const [index, character] of [...text].entries()) {
      const left = x + index * (GLYPH_COLUMNS + 1) * cellWidth;
      for (const [line, dots] of glyphOf(character).entries()) {
        for (let column = 0; column < GLYPH_COLUMNS; column++) {
          if (dots[column] !== "#") continue;
          this.box([left + column * cellWidth, y + line * cell], [cellWidth, cell], WHITE);
        }
      }
    }
  }

  /** Fills rows whose half-width is a function of the height within the shape, -1 to 1. */
  #shape(
    [x, y]: Pair,
    [radiusX, radiusY]: Pair,
    { halfAt, colour }: { halfAt: (part: number) => number; colour: Rgb },
  ): void {
    const from = Math.round((y - radiusY) * this.#heightPx);
    const to = Math.round((y + radiusY) * this.#heightPx);
    for (let yPx = from; yPx < to; yPx++) {
      const part = ((yPx + 0.5) / this.#heightPx - y) / radiusY;
      const half = halfAt(Math.max(-1, Math.min(1, part))) * radiusX;
      this.#row(yPx, [(x - half) * this.#widthPx, (x + half) * this.#widthPx], colour);
    }
  }

  /** Fills one row between two edges, all in pixels and clipped here. */
  #row(yPx: number, [fromPx, toPx]: Pair, [red, green, blue]: Rgb): void {
    if (yPx < 0 || yPx >= this.#heightPx) return;
    const first = Math.max(0, Math.round(fromPx));
    const last = Math.min(this.#widthPx, Math.round(toPx));
    let at = (yPx * this.#widthPx + first) * 4;
    for (let xPx = first; xPx < last; xPx++) {
      this.pixels[at] = red;
      this.pixels[at + 1] = green;
      this.pixels[at + 2] = blue;
      at += 4;
    }
  }
}
