// The picture that a person takes away: the net as it is now, and its curves, in the page’s colours.

import { floats } from "./bytes";
import { colour, columnsOf, paint, ramp, type Colour } from "./colours";
import { lab } from "./lab.svelte";
import { CanvasPaper, save, SvgPaper, type Paper } from "./paper";
import { look } from "./theme.svelte";
import { labelName, num, percent, t } from "./text.svelte";

const [WIDTH, HEIGHT] = [1280, 720];
const [TOP, BOTTOM] = [90, 660];
type Place = { x: number; y: number; size: number };

const ink = (name: Colour): string => colour(name, look.theme);

function tile(values: Uint8Array, to: Colour): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  paint(canvas, values, columnsOf(values.length), ramp(ink("surface"), ink(to)));
  return canvas;
}

function column(count: number, x: number, most: number): Place[] {
  const room = (BOTTOM - TOP) / Math.max(1, count);
  const size = Math.min(most, room * 0.82);
  return Array.from({ length: count }, (_, i) => ({ x, y: TOP + room * (i + 0.5), size }));
}

function drawNet(paper: Paper): void {
  const names = (lab.data?.names ?? []).slice(0, 8);
  const layers = lab.weights?.layers ?? [];
  const columns = [layers[0]?.inputs ?? [], ...layers.map((layer) => layer.outputs)];
  if (layers.length) columns[columns.length - 1] = names.map((_, label) => label);
  const right = 640;
  const places = columns.map((nodes, depth) => {
    const last = depth === columns.length - 1;
    const x = 80 + ((right - 80) * depth) / Math.max(1, columns.length - 1);
    return column(nodes.length, x, depth === 0 ? 26 : last ? 110 : 44);
  });
  layers.forEach((layer, depth) => {
    const weights = floats(layer.weights);
    const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 1e-9);
    layer.outputs.forEach((_, row) =>
      layer.inputs.forEach((__, i) => {
        const [from, to] = [places[depth][i], places[depth + 1][row]];
        const weight = weights[row * layer.inputs.length + i];
        const size = Math.abs(weight) / largest;
        if (!from || !to || size < 0.06) return;
        const ends: [number, number][] = [
          [from.x + from.size / 2, from.y],
          [to.x - to.size / 2, to.y],
        ];
        const dash = weight > 0 ? [] : [7, 3];
        paper.line(
          ends,
          ink(weight > 0 ? "plus" : "minus"),
          0.4 + 4 * size,
          dash,
          0.12 + 0.7 * size,
        );
      }),
    );
  });
  columns.forEach((nodes, depth) =>
    nodes.forEach((node, i) => {
      const { x, y, size } = places[depth][i];
      const [left, top] = [x - size / 2, y - size / 2];
      const last = depth === columns.length - 1;
      const values = last ? lab.maps.get(node) : lab.pictures.get(`${depth - 1}/${node}`)?.values;
      paper.rect(left, top, size, size, ink("surface"), ink("edge"));
      if (values) paper.image(tile(values, last ? "accent" : "ink"), left, top, size);
      if (depth === 0)
        paper.text(lab.data?.features[node] ?? "", left - 6, y + 5, ink("ink"), 14, "end");
      if (last) paper.text(labelName(names, node), x + size / 2 + 8, y + 5, ink("ink"), 15);
    }),
  );
}

function drawCurves(paper: Paper, what: "loss" | "accuracy", top: number): void {
  const [left, width, height] = [850, 390, 220];
  const { epoch } = lab.history;
  const [train, validation] = [lab.history[`train_${what}`], lab.history[`validation_${what}`]];
  const most =
    what === "accuracy" ? 1 : Math.max(0.1, ...[...train, ...validation].map((v) => v ?? 0));
  const end = Math.max(1, epoch.at(-1) ?? 1);
  const at = (x: number, y: number): [number, number] => [
    left + (width * x) / end,
    top + height * (1 - y / most),
  ];
  paper.rect(left, top, width, height, "none", ink("line"));
  paper.text(t(what), left, top - 8, ink("ink"), 15);
  paper.text("0", left, top + height + 16, ink("soft"), 12, "middle");
  paper.text(`${t("epoch")} ${num(end)}`, left + width, top + height + 16, ink("soft"), 12, "end");
  const highest = what === "accuracy" ? percent(1) : num(most, 2);
  paper.text(highest, left - 6, top + 10, ink("soft"), 12, "end");
  const level = lab.data?.majority.validation ?? lab.data?.majority.train;
  if (what === "accuracy" && level !== undefined) {
    paper.line([at(0, level), at(end, level)], ink("soft"), 1, [5, 4]);
  }
  for (const [rows, name] of [
    [train, "train"],
    [validation, "validation"],
  ] as const) {
    const points = epoch.flatMap((x, i) =>
      rows[i] === null || x === null ? [] : [at(x, rows[i])],
    );
    if (points.length > 1) paper.line(points, ink(name), 2);
  }
}

function draw(paper: Paper): void {
  const { state, configured } = lab;
  paper.rect(0, 0, WIDTH, HEIGHT, ink("surface"));
  const name = String(configured?.experiment["name"] ?? "fizzlab");
  const title = t("pictureTitle", { name, seed: state?.seed ?? 0, epoch: num(state?.shown_epoch) });
  paper.text(title, 40, 44, ink("ink"), 22);
  const found = state?.validation;
  if (found) {
    const [share, counts] = [
      found.correct / found.total,
      { correct: found.correct, total: found.total },
    ];
    const text = `${t("validationAccuracy")} ${percent(share)} (${t("rightOf", counts)})`;
    paper.text(text, 850, 44, ink("validation"), 16);
  }
  drawNet(paper);
  drawCurves(paper, "accuracy", 110);
  drawCurves(paper, "loss", 410);
  paper.text(t("training"), 850, 690, ink("train"), 14);
  paper.text(t("validation"), 960, 690, ink("validation"), 14);
  paper.text("fizzlab", WIDTH - 40, 700, ink("soft"), 12, "end");
}

export function saveSvg(): void {
  const paper = new SvgPaper(WIDTH, HEIGHT);
  draw(paper);
  save(paper.blob(), "fizzlab.svg");
}

export async function savePng(): Promise<void> {
  const paper = new CanvasPaper(WIDTH, HEIGHT);
  draw(paper);
  const blob = await paper.blob();
  if (blob) save(blob, "fizzlab.png");
}
