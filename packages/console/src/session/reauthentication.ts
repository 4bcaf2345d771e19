import { type Api, K8shellError } from "@k8shell/sdk";
import { createListeners } from "../app/listeners.ts";
import { createTabs } from "./tabs.ts";

/**
 * What is known about the session of this tab:
 * - `unknown`: nobody has been seen signed in
 * - `active`: `username` is signed in
 * - `expired`: `username` was signed in until the server said otherwise; calls wait
 * - `left`: `username` signed out in another tab
 */
export type SessionState =
  | { readonly kind: "unknown" }
  | { readonly kind: "active" | "expired" | "left"; readonly username: string };

export interface Reauthentication {
  state(): SessionState;
  subscribe(listener: () => void): () => void;
  /** Somebody is signed in: the server said so. */
  entered(username: string): void;
  /** The person signs out in this tab. Tells the others. */
  left(): void;
  /** Asks the server whether somebody is signed in again; called by what has reason to think so. */
  recheck(): Promise<void>;
  /** The person does not want to sign in again: what waits fails. */
  giveUp(): void;
  /**
   * The server said that nobody is signed in.
   * @returns true when the same person has signed in again, so that the call can be repeated
   */
  refused(): Promise<boolean>;
}

/** Is nobody signed in (any more)? */
export const isSignedOut = (error: unknown): boolean => error instanceof K8shellError && error.status === 401;

/**
 * Keeps a page in use while its session ends: calls that were refused wait until the same person has signed in again,
 * in this tab or another one.
 * @param whoAmI asks the server who is signed in
 */
export const createReauthentication = (
  whoAmI: () => Promise<{ readonly username: string }>,
): Reauthentication => {
  let state: SessionState = { kind: "unknown" };
  let waiting: Array<(again: boolean) => void> = [];
  const listeners = createListeners();

  const become = (next: SessionState) => {
    state = next;
    listeners.tell();
  };
  const release = (again: boolean) => {
    const all = waiting;
    waiting = [];
    for (const go of all) go(again);
  };

  const recheck = async () => {
    if (state.kind !== "expired" && state.kind !== "left") return;
    const { username } = state;
    try {
      const now = await whoAmI();
      if (now.username !== username) {
        // Somebody else: nothing that is on the page is theirs, and nothing that waits is done in their name.
        location.reload();
        return;
      }
      become({ kind: "active", username });
      release(true);
    } catch (error) {
      if (!isSignedOut(error)) throw error;
    }
  };

  const tabs = createTabs((event) => {
    if (event === "signed-in") void recheck().catch(() => {});
    if (event === "signed-out" && (state.kind === "active" || state.kind === "expired")) {
      become({ kind: "left", username: state.username });
      release(false);
    }
  });

  return {
    state: () => state,
    subscribe: listeners.subscribe,
    entered(username) {
      const before = state;
      if (before.kind === "active" && before.username === username) return;
      become({ kind: "active", username });
      if (before.kind === "expired") release(before.username === username);
      tabs.tell("signed-in");
    },
    left() {
      become({ kind: "unknown" });
      release(false);
      tabs.tell("signed-out");
    },
    recheck,
    giveUp() {
      become({ kind: "unknown" });
      release(false);
    },
    refused() {
      if (state.kind === "active") become({ ...state, kind: "expired" });
      if (state.kind !== "expired") return Promise.resolve(false);
      return new Promise((go) => waiting.push(go));
    },
  };
};

/** Nobody need be signed in for these, or they say whether somebody is. */
const bare: ReadonlySet<string> = new Set([
  "listProviders",
  "passwordLogin",
  "logout",
  "requestPasswordReset",
  "confirmPasswordReset",
  "postCallback",
]);

type Call<I extends unknown[], O> = (...given: I) => Promise<O>;

/** The same call, which waits while nobody is signed in any more and then goes on. */
export const hold =
  <I extends unknown[], O>(call: Call<I, O>, session: Pick<Reauthentication, "refused">): Call<I, O> =>
  async (...given) => {
    for (;;) {
      try {
        return await call(...given);
      } catch (error) {
        if (!isSignedOut(error) || !(await session.refused())) throw error;
      }
    }
  };

/** The same API, whose calls wait while nobody is signed in any more and then go on. */
export const holding = (api: Api, session: Pick<Reauthentication, "refused">): Api =>
  Object.fromEntries(
    Object.entries(api).map(([id, call]) => [
      id,
      bare.has(id) ? call : hold(call as Call<unknown[], unknown>, session),
    ]),
  ) as unknown as Api;
