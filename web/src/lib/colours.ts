// The colours of the style sheet, for what is drawn on a canvas.

import type { Theme } from "./theme.svelte";

export type Colour =
  | "ground"
  | "surface"
  | "raised"
  | "ink"
  | "soft"
  | "line"
  | "edge"
  | "accent"
  | "train"
  | "validation"
  | "test"
  | "right"
  | "right-tint"
  | "wrong"
  | "wrong-tint"
  | "plus"
  | "minus";

let known: { theme: Theme; values: Map<string, string> } | null = null;

/** Gives a colour of the style sheet under a theme. */
export function colour(name: Colour, theme: Theme): string {
  if (known?.theme !== theme) known = { theme, values: new Map() };
  let value = known.values.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    known.values.set(name, value);
  }
  return value;
}

export function rgb(hex: string): [number, number, number] {
  const n = Number.parseInt(hex.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

/** 256 colours from one to another, as the words of an image (little-endian RGBA). */
export function ramp(from: string, to: string): Uint32Array {
  const [a, b] = [rgb(from), rgb(to)];
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const [r, g, c] = a.map((x, k) => Math.round(x + ((b[k] - x) * i) / 255));
    return ((255 << 24) | (c << 16) | (g << 8) | r) >>> 0;
  });
}

/** Draws bytes as a picture, `columns` to a row; `covered` has a colour of its own, if given. */
export function paint(
  canvas: HTMLCanvasElement,
  values: Uint8Array,
  columns: number,
  colours: Uint32Array,
  covered?: number,
): void {
  const rows = Math.ceil(values.length / columns);
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== rows) canvas.height = rows;
  const context = canvas.getContext("2d");
  if (!context || !rows) return;
  const image = context.createImageData(columns, rows);
  const words = new Uint32Array(image.data.buffer);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    words[i] = covered !== undefined && value === 255 ? covered : colours[value];
  }
  context.putImageData(image, 0, 0);
}

/** Columns of a map of so many integers: 32 for 1024. */
export function columnsOf(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(count, 1)) / 2);
}
