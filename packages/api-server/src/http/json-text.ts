import { entityTagOf } from "./entity-tag.ts";

/** The JSON of an answer, and its entity tag. */
export interface JsonText {
  readonly text: string;
  readonly tag: string;
}

/** Lasting bodies, and their text once somebody has asked for them. */
const lasting = new WeakMap<object, JsonText | undefined>();

/**
 * Says that a body is never changed, so that its JSON is made once, however often it is the answer. For what clients ask
 * for again and again: each costs memory for its text while it lives.
 */
export const lastingBody = <T extends object>(body: T): T => {
  lasting.set(body, undefined);
  return body;
};

const textOf = (body: unknown): JsonText => {
  const text = JSON.stringify(body);
  return { text, tag: entityTagOf(text) };
};

/** @param body anything but undefined */
export const jsonTextOf = (body: unknown): JsonText => {
  if (typeof body !== "object" || body === null || !lasting.has(body)) return textOf(body);
  const known = lasting.get(body);
  if (known) return known;
  const made = textOf(body);
  lasting.set(body, made);
  return made;
};
