const plainPath = /^\/(?![/\\])[A-Za-z0-9\-._~!$&'()*+,;=:@/?%]*$/;
/** A percent-encoded `/`, `\`, control character or space: parsers disagree about what these mean. */
const encodedTrick = /%(?:2f|5c|0[0-9a-f]|1[0-9a-f]|20|7f|(?![0-9a-f]{2}))/i;

/**
 * Where to send a browser after sign-in: a path of this origin, or `/` for anything else. Absolute and
 * scheme-relative URLs, backslashes, control characters and their encodings are refused rather than repaired. A
 * fragment is not accepted either.
 */
export const redirectPath = (given: string | undefined): string => {
  if (given === undefined || given.length > 2048 || !plainPath.test(given)) return "/";
  const [path = "/"] = given.split("?", 1);
  if (path.includes("//") || encodedTrick.test(path)) return "/";
  const base = "http://origin.invalid";
  try {
    const url = new URL(given, base);
    return url.origin === base ? `${url.pathname}${url.search}` : "/";
  } catch {
    return "/";
  }
};
