// Finding the moment among sorted ones.

/**
 * Binary search: index of the last start that is not after `time`; 0 before the first.
 * @param {number[]} starts sorted
 * @param {number} time
 */
export function lastBefore(starts, time) {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    // Seeking lands a hair before the moment that was asked for.
    if ((starts[middle] ?? 0) <= time + 0.005) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}
