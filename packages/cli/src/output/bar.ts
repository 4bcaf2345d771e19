const cells = 30;

/** A bar of fixed width for so much of a hundred. */
export const bar = (percent: number): string => {
  const filled = Math.round((percent / 100) * cells);
  return `[${"#".repeat(filled)}${"-".repeat(cells - filled)}] ${String(percent).padStart(3)}%`;
};
