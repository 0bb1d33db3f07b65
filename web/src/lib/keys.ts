// Arrow keys in a grid of which one cell can be reached by Tab.

/** Gives the cell that a key leads to, or null if the key is not about moving. */
export function moved(key: string, at: number, count: number, columns: number): number | null {
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
    PageUp: -4 * columns,
    PageDown: 4 * columns,
  };
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  if (!(key in steps)) return null;
  const next = at + steps[key];
  return next < 0 || next >= count ? at : next;
}
