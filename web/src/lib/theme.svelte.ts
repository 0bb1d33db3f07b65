// Light and dark: as the system says, until the person says otherwise.

import { remember, remembered } from "./memory";

export type Theme = "light" | "dark";

function first(): Theme {
  const kept = remembered("theme");
  if (kept === "light" || kept === "dark") return kept;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

class Look {
  theme = $state<Theme>(first());

  constructor() {
    this.#show();
  }

  turn(): void {
    this.theme = this.theme === "dark" ? "light" : "dark";
    remember("theme", this.theme);
    this.#show();
  }

  #show(): void {
    document.documentElement.dataset.theme = this.theme;
  }
}

export const look = new Look();
