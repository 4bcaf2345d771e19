import { reachability } from "./server.ts";

/** Errors of parts that the server does not have: it is of another version than this page by now. */
const missing = new WeakSet<object>();

/** How long it is waited before a part is asked for again from a server that answers, milliseconds. */
const pausesMs = [200, 1_500];

/** Is this what `loadPart` threw? The page has to be loaded anew then: no other attempt brings the part. */
export const isMissingPart = (error: unknown): boolean =>
  typeof error === "object" && error !== null && missing.has(error);

/**
 * Loads a part of the Console that comes only when it is needed. While the server does not answer it waits: the page is
 * not lost for a part of it.
 *
 * @param load calls `import()`
 * @throws what `import()` does when the server answers and does not have the part
 */
export const loadPart = async <T>(load: () => Promise<T>): Promise<T> => {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await load();
    } catch (error) {
      const wasAway = await reachability.answered();
      // What failed meanwhile says nothing about the part.
      if (wasAway) attempt = 0;
      const pauseMs = pausesMs[attempt];
      if (pauseMs === undefined) {
        if (typeof error === "object" && error !== null) missing.add(error);
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
};
