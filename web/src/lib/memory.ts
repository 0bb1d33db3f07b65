// What the page remembers on this machine; a browser that forbids it is no reason to fail.

export function remembered(name: string, area: "local" | "session" = "local"): string | null {
  try {
    return storage(area).getItem(`fizzlab-${name}`);
  } catch {
    return null;
  }
}

export function remember(name: string, value: string, area: "local" | "session" = "local"): void {
  try {
    storage(area).setItem(`fizzlab-${name}`, value);
  } catch {
    // private windows may refuse: the page then forgets
  }
}

function storage(area: "local" | "session"): Storage {
  return area === "local" ? localStorage : sessionStorage;
}
