// What was typed and is not accepted yet. All of it goes to the server with every change, so that
// two settings that only fit together can be changed one after the other.

import type { Problem } from "../protocol";
import { valueAt, type Json } from "./fields";
import { lab } from "./lab.svelte";

class Drafts {
  values = $state.raw<Record<string, Json>>({});
  problems = $state.raw<Record<string, Problem>>({});
  general = $state.raw<Problem | null>(null);
  #last = "";

  change(path: string, value: Json): void {
    this.values = { ...this.values, [path]: value };
    this.#last = path;
    lab.configure({ settings: this.values });
  }

  discard(): void {
    this.values = {};
    this.problems = {};
    this.general = null;
  }

  /** Takes in the server's answer to a `configure`: a problem, or the experiment as it stands. */
  answered(problem: Problem | null, experiment: Record<string, unknown>): void {
    if (problem === null) {
      const open = Object.entries(this.values).filter(
        ([path, value]) => JSON.stringify(value) !== JSON.stringify(valueAt(experiment, path)),
      );
      this.values = Object.fromEntries(open);
      if (!open.length) this.discard();
      return;
    }
    const known = problem.settings.filter((path) =>
      lab.fields.some((field) => field.path === path),
    );
    const paths = known.length || !(this.#last in this.values) ? known : [this.#last];
    this.problems = Object.fromEntries(paths.map((path) => [path, problem]));
    this.general = paths.length ? null : problem;
  }
}

export const drafts = new Drafts();
