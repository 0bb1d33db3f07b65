// What was typed and is not accepted yet. All of it goes to the server with every change, so that
// two settings that only fit together can be changed one after the other.

import type { Problem } from "../protocol";
import type { Json } from "./fields";
import { lab } from "./lab.svelte";

class Drafts {
  values = $state.raw<Record<string, Json>>({});
  problems = $state.raw<Record<string, Problem>>({});
  general = $state.raw<Problem | null>(null);
  #pending = 0;
  #last = "";

  get count(): number {
    return Object.keys(this.values).length;
  }

  change(path: string, value: Json): void {
    this.values = { ...this.values, [path]: value };
    this.#last = path;
    this.#pending++;
    lab.configure({ settings: this.values });
  }

  discard(): void {
    this.values = {};
    this.problems = {};
    this.general = null;
  }

  /** Takes in the server's answer to a `configure`. */
  answered(problem: Problem | null): void {
    this.#pending = Math.max(0, this.#pending - 1);
    if (problem === null) {
      if (this.#pending === 0) this.discard();
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
