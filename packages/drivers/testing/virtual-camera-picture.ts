import jpeg from "jpeg-js";
import { Canvas, type Rgb } from "./virtual-camera-canvas.ts";

/** What a picture shows. */
export interface Scene {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly timeMs: number;
  readonly title: string;
  /** A second animal trots through while there is motion. */
  readonly isMotion: boolean;
}

const QUALITY = 72;
/** A cow crosses the pasture in this time. */
const CROSSING_MS = 40_000;
const WHITE: Rgb = [246, 244, 238];
const BLACK: Rgb = [38, 36, 38];
const BROWN: Rgb = [140, 86, 52];
const PINK: Rgb = [226, 164, 152];

const backgrounds = new Map<string, Canvas>();

/** A JPEG of a pasture: a cow on its way, clouds, and the time. Two moments never look the same. */
export function drawPasture(scene: Scene): Buffer {
  const { widthPx, heightPx, timeMs } = scene;
  const canvas = backgroundOf(widthPx, heightPx).copy();
  const phase = (timeMs % CROSSING_MS) / CROSSING_MS;
  drawCloud(canvas, (phase * 0.7 + 0.1) % 1, 0.13);
  drawCloud(canvas, (phase * 0.4 + 0.62) % 1, 0.22);
  drawCow(canvas, { x: phase * 1.3 - 0.15, y: 0.63, size: 0.5, coat: WHITE, timeMs });
  drawFence(canvas);
  if (scene.isMotion) {
    const trot = (timeMs % 8000) / 8000;
    drawCow(canvas, { x: trot * 1.3 - 0.15, y: 0.86, size: 0.8, coat: BROWN, timeMs: timeMs * 2 });
  }
  drawCaption(canvas, scene);
  const image = { width: widthPx, height: heightPx, data: canvas.pixels };
  return jpeg.encode(image, QUALITY).data;
}

function backgroundOf(widthPx: number, heightPx: number): Canvas {
  const key = `${widthPx}x${heightPx}`;
  const known = backgrounds.get(key);
  if (known) return known;
  const canvas = new Canvas(widthPx, heightPx);
  canvas.gradient([0, 0.5], [112, 172, 226], [216, 234, 244]);
  canvas.circle([0.84, 0.13], 0.045, [255, 238, 170]);
  for (const [x, width, height, colour] of HILLS) {
    canvas.hill(x, [width, height], colour);
  }
  canvas.gradient([0.5, 1], [132, 184, 92], [78, 136, 58]);
  drawBarn(canvas);
  for (let tuft = 0; tuft < 400; tuft++) {
    // A fixed scatter that looks random: multiples of two irrational numbers.
    const x = (tuft * 0.618034) % 1;
    const y = 0.54 + ((tuft * 0.754878) % 1) * 0.45;
    const shade: Rgb = tuft % 3 === 0 ? [150, 198, 104] : [66, 122, 50];
    canvas.box([x, y], [0.0015 + 0.002 * y, 0.008 * y], shade);
    if (tuft % 23 === 0) canvas.circle([x, y], 0.0035, [250, 232, 120]);
  }
  backgrounds.set(key, canvas);
  return canvas;
}

const HILLS: readonly (readonly [x: number, width: number, height: number, colour: Rgb])[] = [
  [0.2, 0.5, 0.2, [150, 178, 176]],
  [0.75, 0.6, 0.15, [140, 172, 164]],
  [0.5, 0.45, 0.09, [120, 162, 128]],
];

function drawBarn(canvas: Canvas): void {
  canvas.box([0.09, 0.4], [0.13, 0.13], [168, 58, 46]);
  canvas.roof([0.155, 0.355], [0.08, 0.045], [92, 62, 54]);
  canvas.box([0.135, 0.45], [0.04, 0.08], [236, 226, 208]);
  canvas.box([0.152, 0.45], [0.005, 0.08], [168, 58, 46]);
  canvas.box([0.245, 0.34], [0.035, 0.19], [188, 194, 198]);
  canvas.circle([0.2625, 0.34], 0.0175, [160, 168, 174]);
}

function drawFence(canvas: Canvas): void {
  for (const y of [0.655, 0.695]) canvas.box([0, y], [1, 0.009], [196, 174, 138]);
  for (let post = 0; post < 12; post++) {
    canvas.box([post / 11 - 0.005, 0.635], [0.01, 0.1], [164, 140, 104]);
  }
}

function drawCloud(canvas: Canvas, x: number, y: number): void {
  for (const [dx, dy, radius] of [
    [-0.04, 0.012, 0.024],
    [0, 0, 0.034],
    [0.042, 0.012, 0.025],
  ] as const) {
    canvas.circle([x + dx, y + dy], radius, [250, 252, 254]);
  }
}

interface Cow {
  readonly x: number;
  /** Where its feet are. */
  readonly y: number;
  readonly size: number;
  readonly coat: Rgb;
  readonly timeMs: number;
}

function drawCow(canvas: Canvas, { x, y, size, coat, timeMs }: Cow): void {
  const at = (dx: number, dy: number) => [x + dx * size, y - dy * size] as const;
  const spots = coat === WHITE ? BLACK : ([112, 66, 38] as const);
  const step = Math.sin(timeMs / 300) * 0.008;
  for (const [dx, swing] of [
    [-0.075, step],
    [-0.05, -step],
    [0.045, step],
    [0.07, -step],
  ] as const) {
    const [legX, legY] = at(dx + swing, 0.1);
    canvas.box([legX, legY], [0.014 * size, 0.1 * size], coat);
    canvas.box([legX, legY + 0.085 * size], [0.014 * size, 0.015 * size], BLACK);
  }
  canvas.circle(at(-0.03, 0.095), 0.02 * size, PINK);
  canvas.oval(at(0, 0.16), [0.1 * size, 0.09 * size], coat);
  canvas.oval(at(-0.04, 0.185), [0.036 * size, 0.045 * size], spots);
  canvas.oval(at(0.035, 0.15), [0.028 * size, 0.04 * size], spots);
  canvas.box(at(-0.104, 0.19), [0.006 * size, 0.11 * size], spots);
  const nod = Math.sin(timeMs / 900) * 0.012;
  canvas.oval(at(0.105, 0.225 + nod), [0.03 * size, 0.035 * size], coat);
  canvas.oval(at(0.135, 0.235 + nod), [0.034 * size, 0.038 * size], coat);
  canvas.oval(at(0.158, 0.222 + nod), [0.016 * size, 0.024 * size], PINK);
  canvas.oval(at(0.108, 0.27 + nod), [0.016 * size, 0.012 * size], spots);
  canvas.circle(at(0.137, 0.248 + nod), 0.004 * size, BLACK);
}

function drawCaption(canvas: Canvas, { timeMs, title, isMotion }: Scene): void {
  const stamp = new Date(timeMs).toISOString().replace("T", " ").slice(0, 21);
  canvas.box([0, 0.925], [1, 0.075], [24, 32, 28]);
  canvas.text([0.02, 0.945], 0.035, `${title.toUpperCase()}  ${stamp} UTC`);
  if (!isMotion) return;
  canvas.circle([0.8, 0.9625], 0.011, [236, 66, 52]);
  canvas.text([0.825, 0.945], 0.035, "MOTION");
}
