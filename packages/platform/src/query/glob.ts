/**
 * Whether `text` matches a glob of `*` (any run of characters) and `?` (one character), ignoring case
 * (grpc-behaviour section 6). Runs in O(pattern x text) whatever the pattern, so it may come from a client.
 */
export const matchesGlob = (pattern: string, text: string): boolean => {
  const glob = [...pattern.toLowerCase()];
  const value = [...text.toLowerCase()];
  let inGlob = 0;
  let inValue = 0;
  let star = -1;
  let retry = 0;
  while (inValue < value.length) {
    if (glob[inGlob] === "*") {
      star = inGlob++;
      retry = inValue;
    } else if (inGlob < glob.length && (glob[inGlob] === "?" || glob[inGlob] === value[inValue])) {
      inGlob++;
      inValue++;
    } else if (star >= 0) {
      inGlob = star + 1;
      inValue = ++retry;
    } else {
      return false;
    }
  }
  while (glob[inGlob] === "*") inGlob++;
  return inGlob === glob.length;
};
