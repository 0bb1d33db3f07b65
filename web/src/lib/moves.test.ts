import { expect, it } from "vitest";
import { frequencyLoss } from "./baseline";
import { bytes, floats } from "./bytes";
import { columnsOf } from "./colours";
import { noRows, withRows } from "./history";
import { moved } from "./keys";

it("moves in a grid, and stays at its edges", () => {
  expect(moved("ArrowRight", 0, 100, 10)).toBe(1);
  expect(moved("ArrowDown", 5, 100, 10)).toBe(15);
  expect(moved("ArrowUp", 5, 100, 10)).toBe(5);
  expect(moved("ArrowRight", 99, 100, 10)).toBe(99);
  expect(moved("Home", 50, 100, 10)).toBe(0);
  expect(moved("End", 50, 100, 10)).toBe(99);
  expect(moved("a", 50, 100, 10)).toBe(null);
});

it("adds rows to a history, or begins with them", () => {
  const columns = ["epoch", "train_loss"] as const;
  const first = withRows(noRows(), { columns: [...columns], rows: [[0, 1.5]] }, false);
  const second = withRows(first, { columns: [...columns], rows: [[10, null]] }, false);
  expect(second.epoch).toEqual([0, 10]);
  expect(second.train_loss).toEqual([1.5, null]);
  expect(withRows(second, { columns: [...columns], rows: [[20, 1]] }, true).epoch).toEqual([20]);
});

it("unpacks bytes and numbers", () => {
  expect([...bytes("AAH/")]).toEqual([0, 1, 255]);
  expect([...floats("AACAPwAAAMA=")]).toEqual([1, -2]);
});

it("lays 1024 integers out in 32 columns", () => {
  expect([4096, 1024, 512, 2, 1].map(columnsOf)).toEqual([64, 32, 32, 2, 1]);
});

it("knows what label frequencies alone can do", () => {
  const [splits, truth] = [Uint8Array.of(0, 1, 1, 3), Uint8Array.of(2, 0, 1, 2)];
  expect(frequencyLoss(splits, truth, 2, false)).toBeCloseTo(Math.log(2));
  expect(frequencyLoss(splits, truth, 2, true)).toBeCloseTo(0.5);
  expect(frequencyLoss(splits, truth, 3, false)).toBe(null);
});
