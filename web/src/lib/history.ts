// The rows of a run's history as columns, which is what charts take.

import type { Rows } from "../protocol";

export type Column = Rows["columns"][number];
export type Columns = Record<Column, (number | null)[]>;

const NAMES: Column[] = [
  "epoch",
  "learning_rate",
  "train_loss",
  "train_accuracy",
  "validation_loss",
  "validation_accuracy",
];

export function noRows(): Columns {
  return Object.fromEntries(NAMES.map((name) => [name, []])) as unknown as Columns;
}

/** Gives the columns with rows added, or with these alone. */
export function withRows(
  before: Columns,
  message: { columns: readonly Column[]; rows: readonly (readonly (number | null)[])[] },
  replace: boolean,
): Columns {
  const made = noRows();
  for (const name of NAMES) {
    const at = message.columns.indexOf(name);
    const added = message.rows.map((row) => (at < 0 ? null : row[at]));
    made[name] = replace ? added : before[name].concat(added);
  }
  return made;
}
