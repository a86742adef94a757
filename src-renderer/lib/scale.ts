/** The next round number at or above n (1, 2, 3, 5 × 10^k): a bar drawn against it visibly grows, then rescales. */
export function roundAbove(n: number): number {
  if (n <= 10) return 10
  const magnitude = 10 ** Math.floor(Math.log10(n))
  for (const step of [1, 2, 3, 5, 10]) if (step * magnitude >= n) return step * magnitude
  return 10 * magnitude
}

/** Percent of the way from low to high, kept inside the track. */
export const percent = (value: number, low: number, high: number): number =>
  high <= low ? 0 : Math.min(100, Math.max(0, ((value - low) / (high - low)) * 100))
