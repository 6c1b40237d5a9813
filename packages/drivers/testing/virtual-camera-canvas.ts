import { glyphOf } from "./virtual-camera-font.ts";

/** Red, green, blue, each 0 to 255. */
export type Rgb = readonly [number, number, number];

/** A small raster to draw on. Places and sizes are parts of its width (x) and height (y), 0 to 1. */
export interface Canvas {
  /** Four bytes a pixel, from the top left. */
  readonly pixels: Uint8Array;
  copy(): Canvas;
  box(x: number, y: number, width: number, height: number, colour: Rgb): void;
  /** A circle by its radius in parts of the width. */
  ellipse(x: number, y: number, radius: number, colour: Rgb): void;
  /** An ellipse by its two radii, both in their own direction's parts. */
  oval(x: number, y: number, radii: readonly [number, number], colour: Rgb): void;
  gradient(fromY: number, toY: number, top: Rgb, bottom: Rgb): void;
  /** A hill that stands on the horizon at half the height. */
  hill(x: number, width: number, height: number, colour: Rgb): void;
  /** A roof: from `left` to `right` at `bottomY`, its ridge at `topY`. */
  triangle(left: number, right: number, bottomY: number, topY: number, colour: Rgb): void;
  /** White capitals, digits and marks, `height` high. */
  text(x: number, y: number, height: number, text: string): void;
}

const HORIZON = 0.5;
const GLYPH_ROWS = 7;
const GLYPH_COLUMNS = 5;

/** A canvas of its own pixels, black. */
export function createCanvas(
  widthPx: number,
  heightPx: number,
  pixels = new Uint8Array(widthPx * heightPx * 4).fill(255),
): Canvas {
  /** Fills one row between two edges, both in pixels and clipped here. */
  const row = (yPx: number, fromPx: number, toPx: number, [red, green, blue]: Rgb) => {
    if (yPx < 0 || yPx >= heightPx) return;
    const last = Math.min(widthPx, Math.round(toPx));
    let at = (yPx * widthPx + Math.max(0, Math.round(fromPx))) * 4;
    for (let xPx = Math.max(0, Math.round(fromPx)); xPx < last; xPx++) {
      pixels[at++] = red;
      pixels[at++] = green;
      pixels[at++] = blue;
      at++;
    }
  };
  /** Fills rows whose half-width is a function of the height within the shape, -1 to 1. */
  const shape = (
    [x, y]: readonly [number, number],
    [radiusX, radiusY]: readonly [number, number],
    { halfAt, colour }: { halfAt: (part: number) => number; colour: Rgb },
  ) => {
    const from = Math.round((y - radiusY) * heightPx);
    const to = Math.round((y + radiusY) * heightPx);
    for (let yPx = from; yPx < to; yPx++) {
      const part = ((yPx + 0.5) / heightPx - y) / radiusY;
      const half = halfAt(Math.max(-1, Math.min(1, part))) * radiusX;
      row(yPx, (x - half) * widthPx, (x + half) * widthPx, colour);
    }
  };
  const round = (part: number) => Math.sqrt(1 - part * part);

  const canvas: Canvas = {
    pixels,
    copy: () => createCanvas(widthPx, heightPx, pixels.slice()),
    box(x, y, width, height, colour) {
      const to = Math.max(Math.round(y * heightPx) + 1, Math.round((y + height) * heightPx));
      for (let yPx = Math.round(y * heightPx); yPx < to; yPx++) {
        row(yPx, x * widthPx, Math.max(x * widthPx + 1, (x + width) * widthPx), colour);
      }
    },
    ellipse(x, y, radius, colour) {
      canvas.oval(x, y, [radius, (radius * widthPx) / heightPx], colour);
    },
    oval(x, y, radii, colour) {
      shape([x, y], radii, { halfAt: round, colour });
    },
    gradient(fromY, toY, top, bottom) {
      const from = Math.round(fromY * heightPx);
      const to = Math.round(toY * heightPx);
      for (let yPx = from; yPx < to; yPx++) {
        const part = (yPx - from) / (to - from);
        const mix = (index: 0 | 1 | 2) => top[index] + (bottom[index] - top[index]) * part;
        row(yPx, 0, widthPx, [mix(0), mix(1), mix(2)]);
      }
    },
    hill(x, width, height, colour) {
      const halfAt = (part: number) => Math.sqrt(Math.max(0, part + 1) / 2);
      shape([x, HORIZON - height / 2], [width / 2, height / 2], { halfAt, colour });
    },
    triangle(left, right, bottomY, topY, colour) {
      const middle = [(left + right) / 2, (bottomY + topY) / 2] as const;
      const radii = [(right - left) / 2, (bottomY - topY) / 2] as const;
      shape(middle, radii, { halfAt: (part) => (part + 1) / 2, colour });
    },
    text(x, y, height, text) {
      const cell = height / GLYPH_ROWS;
      const cellWidth = (cell * heightPx) / widthPx;
      for (const [index, character] of [...text].entries()) {
        const left = x + index * (GLYPH_COLUMNS + 1) * cellWidth;
        for (const [line, dots] of glyphOf(character).entries()) {
          for (let column = 0; column < GLYPH_COLUMNS; column++) {
            if (dots[column] !== "#") continue;
            canvas.box(
              left + column * cellWidth,
              y + line * cell,
              cellWidth,
              cell,
              [255, 255, 255],
            );
          }
        }
      }
    },
  };
  return canvas;
}
