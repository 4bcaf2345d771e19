const plain = /^[-_.a-zA-Z0-9]+$/;

/** `text` itself when it is a valid key, otherwise `=` and its base64url form. The result never contains `/`. */
export const encodeKey = (text: string): string =>
  plain.test(text) && !text.startsWith(".") && !text.endsWith(".")
    ? text
    : `=${Buffer.from(text, "utf8").toString("base64url")}`;

/** The text that `encodeKey` was given. */
export const decodeKey = (key: string): string =>
  key.startsWith("=") ? Buffer.from(key.slice(1), "base64url").toString("utf8") : key;
