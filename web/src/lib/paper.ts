// Two papers to draw the same picture on: SVG, and a canvas that becomes a PNG.

export interface Paper {
  rect(x: number, y: number, width: number, height: number, fill: string, stroke?: string): void;
  line(
    points: [number, number][],
    stroke: string,
    width: number,
    dash?: number[],
    alpha?: number,
  ): void;
  text(text: string, x: number, y: number, fill: string, size: number, align?: Align): void;
  image(picture: HTMLCanvasElement, x: number, y: number, size: number): void;
}

type Align = "start" | "middle" | "end";
const FONT = "system-ui, sans-serif";

export class SvgPaper implements Paper {
  readonly #parts: string[] = [];
  readonly #width: number;
  readonly #height: number;

  constructor(width: number, height: number) {
    [this.#width, this.#height] = [width, height];
  }

  rect(x: number, y: number, width: number, height: number, fill: string, stroke = "none"): void {
    this.#parts.push(
      `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}" stroke="${stroke}"/>`,
    );
  }

  line(
    points: [number, number][],
    stroke: string,
    width: number,
    dash: number[] = [],
    alpha = 1,
  ): void {
    const at = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
    const dashes = dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : "";
    this.#parts.push(
      `<polyline points="${at}" fill="none" stroke="${stroke}" stroke-width="${width.toFixed(2)}" stroke-opacity="${alpha.toFixed(2)}"${dashes}/>`,
    );
  }

  text(
    text: string,
    x: number,
    y: number,
    fill: string,
    size: number,
    align: Align = "start",
  ): void {
    const safe = text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
    this.#parts.push(
      `<text x="${x}" y="${y}" fill="${fill}" font-size="${size}" text-anchor="${align}">${safe}</text>`,
    );
  }

  image(picture: HTMLCanvasElement, x: number, y: number, size: number): void {
    this.#parts.push(
      `<image x="${x}" y="${y}" width="${size}" height="${size}" style="image-rendering:pixelated" href="${picture.toDataURL()}"/>`,
    );
  }

  blob(): Blob {
    const [w, h] = [this.#width, this.#height];
    const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" font-family="${FONT}">`;
    return new Blob([head, ...this.#parts, "</svg>"], { type: "image/svg+xml" });
  }
}

export class CanvasPaper implements Paper {
  readonly #canvas = document.createElement("canvas");
  readonly #context: CanvasRenderingContext2D;

  constructor(width: number, height: number, scale = 2) {
    this.#canvas.width = width * scale;
    this.#canvas.height = height * scale;
    this.#context = this.#canvas.getContext("2d") as CanvasRenderingContext2D;
    this.#context.scale(scale, scale);
    this.#context.imageSmoothingEnabled = false;
  }

  rect(x: number, y: number, width: number, height: number, fill: string, stroke?: string): void {
    this.#context.fillStyle = fill;
    if (fill !== "none") this.#context.fillRect(x, y, width, height);
    if (!stroke) return;
    this.#context.setLineDash([]);
    this.#context.lineWidth = 1;
    this.#context.strokeStyle = stroke;
    this.#context.strokeRect(x, y, width, height);
  }

  line(
    points: [number, number][],
    stroke: string,
    width: number,
    dash: number[] = [],
    alpha = 1,
  ): void {
    const context = this.#context;
    context.globalAlpha = alpha;
    context.strokeStyle = stroke;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.beginPath();
    points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.stroke();
    context.globalAlpha = 1;
  }

  text(
    text: string,
    x: number,
    y: number,
    fill: string,
    size: number,
    align: Align = "start",
  ): void {
    this.#context.fillStyle = fill;
    this.#context.font = `${size}px ${FONT}`;
    this.#context.textAlign = align === "middle" ? "center" : align;
    this.#context.fillText(text, x, y);
  }

  image(picture: HTMLCanvasElement, x: number, y: number, size: number): void {
    this.#context.drawImage(picture, x, y, size, size);
  }

  blob(): Promise<Blob | null> {
    return new Promise((done) => this.#canvas.toBlob(done));
  }
}

/** Hands a file to the person. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
