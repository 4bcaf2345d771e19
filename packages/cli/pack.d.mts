/** Writes the package to a directory, which is emptied before. */
export const stage: (out: string) => void;
