// One redraw for each batch of news: what is asked for several times is done once a frame.

const waiting = new Map<unknown, () => void>();

function work(): void {
  const jobs = [...waiting.values()];
  waiting.clear();
  for (const job of jobs) job();
}

/** Does `job` in the next frame; a later job of the same `owner` takes its place. */
export function inFrame(owner: unknown, job: () => void): void {
  if (!waiting.size) requestAnimationFrame(work);
  waiting.set(owner, job);
}

export function forget(owner: unknown): void {
  if (waiting.has(owner)) waiting.set(owner, () => {});
}
