const plain = /^[-_.a-zA-Z0-9]+$/;
const valid = /^[-/_=.a-zA-Z0-9]+$/;
/** Dots separate the words of a NATS subject, of which none is empty. */
const misplacedDot = /^\.|\.\.|\.$/;
const validBucket = /^[-_a-zA-Z0-9]+$/;

/** `text` itself when it is a valid key, otherwise `=` and its base64url form. The result never contains `/`. */
export const encodeKey = (text: string): string =>
  plain.test(text) && !misplacedDot.test(text) ? text : `=${Buffer.from(text, "utf8").toString("base64url")}`;

/** The text that `encodeKey` was given. */
export const decodeKey = (key: string): string =>
  key.startsWith("=") ? Buffer.from(key.slice(1), "base64url").toString("utf8") : key;

/** @throws TypeError when a store would not take `key`; every store refuses the same keys (those NATS refuses) */
export const checkKey = (key: string): void => {
  if (!valid.test(key) || misplacedDot.test(key)) throw new TypeError("invalid key-value key");
};

/** @throws TypeError when `name` is not a bucket name */
export const checkBucketName = (name: string): void => {
  if (!validBucket.test(name)) throw new TypeError("invalid key-value bucket name");
};
