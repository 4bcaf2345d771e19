/** The words of one feature in every language of the Console. */
export interface Messages<K extends string> {
  readonly en: Readonly<Record<K, string>>;
  readonly de: Readonly<Record<K, string>>;
}

/**
 * Declares the words of a feature. A key that one language lacks does not compile. `{name}` in a text is replaced by
 * the value of that name.
 */
export const defineMessages = <const K extends string>(messages: Messages<K>): Messages<K> => messages;
