// What one answer for all integers can reach: the loss of the labels' frequencies alone.

const TRAIN = 1; // in `data.splits`

/** The entropy of the training labels in nats, or 1 − Σ f²; null where the map lacks some of them. */
export function frequencyLoss(
  splits: Uint8Array,
  truth: Uint8Array,
  total: number,
  squared: boolean,
): number | null {
  const counts = new Map<number, number>();
  let found = 0;
  splits.forEach((split, n) => {
    if (split !== TRAIN) return;
    counts.set(truth[n], (counts.get(truth[n]) ?? 0) + 1);
    found++;
  });
  if (!found || found !== total) return null;
  const shares = [...counts.values()].map((count) => count / found);
  return squared
    ? 1 - shares.reduce((sum, share) => sum + share ** 2, 0)
    : -shares.reduce((sum, share) => sum + share * Math.log(share), 0);
}
