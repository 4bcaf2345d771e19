/**
 * How often a request has a header. Node keeps the first of those that may come once only: repeats are in the raw list alone.
 * @param rawHeaders names and values in turn, as Node has them
 * @param name lower case
 */
export const headerCount = (rawHeaders: readonly string[], name: string): number => {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const given = rawHeaders[at];
    // The length first: it rules nearly all of them out.
    if (given?.length === name.length && given.toLowerCase() === name) count += 1;
  }
  return count;
};
