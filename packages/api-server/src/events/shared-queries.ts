import type { IncomingMessage } from "node:http";
import type { ChangeTopic } from "@k8shell/contract";
import type { Logger } from "pino";
import { sha256 } from "../auth/hash.ts";
import type { Principal } from "../auth/principal.ts";
import { ApiError } from "../http/api-error.ts";
import { entityTagOf } from "../http/entity-tag.ts";
import { toApiError } from "../http/errors.ts";
import type { CallerAgain } from "../live/recheck.ts";
import type { Change, Changes } from "./changes.ts";
import type { NewsSource } from "./job-news.ts";
import type { FoundQuery } from "./query-table.ts";

/** The answer of a followed request. */
export interface State {
  /** JSON. */
  readonly text: string;
  readonly etag: string;
}

/** Who follows a request. */
export interface Follower {
  /** What the request answers now; called with each change, and at first. */
  state(state: State): void;
  /** The answer is not known now; it is tried again. Called once until the next `state`. */
  problem(error: ApiError, requestId: string): void;
  /** It may be followed no longer: nothing more comes. */
  refused(error: ApiError, requestId: string): void;
}

/** The socket that a request is followed from. */
export interface FollowedFrom {
  readonly opening: IncomingMessage;
  readonly principal: Principal;
  readonly requestId: string;
}

export interface SharedQueries {
  /** Returns what ends it. */
  follow(found: FoundQuery, from: FollowedFrom, follower: Follower): () => void;
  /** Requests that are looked at now. */
  readonly size: number;
  close(): void;
}

export interface SharedQueriesDeps {
  readonly callerAgain: CallerAgain;
  readonly changes: Changes;
  /** What tells of topics only while somebody follows what they are about. */
  readonly sources?: Partial<Record<ChangeTopic, NewsSource>>;
  readonly log: Logger;
  /** Milliseconds between two looks for reasons of news (default 1 000). */
  readonly pauseMs?: number;
}

/** How many requests are looked at together: a thousand open tabs must not become a burst upon the services. */
const concurrency = 32;
/** A caller is asked for again after this, milliseconds. */
const callerMs = 1_000;
/** Longest pause while an answer is not known, milliseconds. */
const maxPauseMs = 30_000;
/** Largest answer that is followed, characters. */
const maxState = 8 << 20;

/** Refusals that another look would not change. */
const isFinal = ({ status }: ApiError): boolean => [400, 401, 403, 404, 413, 422].includes(status);

const aProblem = Symbol("a problem");

/** Runs at most so many at a time. */
const createGate = (places: number) => {
  const waiting: (() => void)[] = [];
  let free = places;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((enter) => waiting.push(enter));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
};

const tooLarge = () =>
  new ApiError("payload_too_large", "The answer is too large to be followed: ask for less, e.g. with limit.");

const credentialKey = ({ jwt, credential }: Principal): string => {
  if (credential.kind === "session") return `session ${credential.sessionId}`;
  if (credential.kind === "pat") return `pat ${credential.hash}`;
  return `jwt ${sha256(jwt)}`;
};

/**
 * Requests that are followed, each looked at once for all sockets of the same credential. A look is the whole request
 * again: who the caller is now, what they may now, what the answer is now.
 */
export const createSharedQueries = (deps: SharedQueriesDeps): SharedQueries => {
  const { callerAgain, changes, log, pauseMs = 1_000 } = deps;
  const queries = new Map<string, SharedQuery>();
  const callers = new Map<string, { readonly until: number; readonly caller: Promise<Principal> }>();
  const inTurn = createGate(concurrency);
  const running = new Map<ChangeTopic, { users: number; readonly stop: () => void }>();

  const need = (topic: ChangeTopic) => {
    const source = deps.sources?.[topic];
    if (!source) return;
    const known = running.get(topic);
    if (known) known.users += 1;
    else running.set(topic, { users: 1, stop: source() });
  };
  const leave = (topic: ChangeTopic) => {
    const known = running.get(topic);
    if (!known) return;
    known.users -= 1;
    if (known.users > 0) return;
    running.delete(topic);
    known.stop();
  };

  /** The caller now, asked for once for all requests of a credential. */
  const callerOf = (key: string, from: FollowedFrom): Promise<Principal> => {
    const now = performance.now();
    const known = callers.get(key);
    if (known && known.until > now) return known.caller;
    const { principal, opening } = from;
    const caller = callerAgain({ principal, authorization: opening.headers.authorization }, false).then(
      (current) => current.principal,
    );
    callers.set(key, { until: now + callerMs, caller });
    caller.catch(() => undefined);
    setTimeout(() => {
      if (callers.get(key)?.caller === caller) callers.delete(key);
    }, callerMs).unref();
    return caller;
  };

  /** One request that somebody follows. */
  const createSharedQuery = (key: string, caller: string, found: FoundQuery, from: FollowedFrom) => {
    const { route, params, search } = found;
    const { everySeconds = 5, on = [] } = route.spec.watch ?? {};
    /** Each with the tag of what it was told last. */
    const followers = new Map<Follower, string | typeof aProblem | undefined>();
    const stop = new AbortController();
    let last: State | undefined;
    /** How often the answer could not be known, one after the other, because something was away. */
    let failures = 0;
    let looking = false;
    /** Somebody wants another look when this one is over. */
    let again = false;
    let lookedAt = Number.NEGATIVE_INFINITY;
    let timer: ReturnType<typeof setTimeout> | undefined;

    for (const topic of on) need(topic);
    const end = () => {
      if (stop.signal.aborted) return;
      clearTimeout(timer);
      stop.abort();
      for (const topic of on) leave(topic);
      if (queries.get(key) === query) queries.delete(key);
    };

    const failed = (cause: unknown) => {
      const error = toApiError(cause);
      if (error.status === 500)
        log.error({ err: cause, operation: route.spec.operationId }, "request failed");
      if (isFinal(error)) {
        end();
        for (const follower of followers.keys()) follower.refused(error, from.requestId);
        followers.clear();
        return;
      }
      failures = error.status === 409 ? 0 : failures + 1;
      for (const [follower, told] of followers) {
        if (told === aProblem) continue;
        followers.set(follower, aProblem);
        follower.problem(error, from.requestId);
      }
    };

    const tell = (state: State) => {
      for (const [follower, told] of followers) {
        if (told === state.etag) continue;
        followers.set(follower, state.etag);
        follower.state(state);
      }
    };

    const look = async () => {
      if (looking) {
        again = true;
        return;
      }
      clearTimeout(timer);
      looking = true;
      again = false;
      lookedAt = performance.now();
      try {
        await inTurn(async () => {
          if (stop.signal.aborted) return;
          const { opening, requestId } = from;
          const principal = await callerOf(caller, from);
          const asking = { principal, opening, requestId, params, search, signal: stop.signal };
          const text = await route.ask(asking);
          if (text.length > maxState) throw tooLarge();
          failures = 0;
          if (stop.signal.aborted) return;
          const etag = entityTagOf(text);
          // The text of an answer that stayed the same need not be kept twice.
          const state = last?.etag === etag ? last : { text, etag };
          last = state;
          tell(state);
        });
      } catch (error) {
        if (!stop.signal.aborted) failed(error);
      } finally {
        looking = false;
        if (!stop.signal.aborted) plan(again ? 0 : Math.min(maxPauseMs, everySeconds * 1000 * 2 ** failures));
      }
    };

    /** Looks after `ms`, but not sooner after the last look than is fitting. */
    const plan = (ms: number) => {
      clearTimeout(timer);
      const rest = lookedAt + pauseMs - performance.now();
      timer = setTimeout(look, Math.max(ms, rest, 0)).unref();
    };

    const query = {
      add(follower: Follower) {
        followers.set(follower, undefined);
        // Also who joins others is let in by a look of their own.
        void look();
      },
      remove(follower: Follower) {
        followers.delete(follower);
        if (followers.size === 0) end();
      },
      changed({ topic, username }: Change) {
        if (username !== undefined && username !== from.principal.username) return;
        if (topic !== "policy" && topic !== route.spec.tag && !on.some((name) => name === topic)) return;
        if (looking) again = true;
        else plan(0);
      },
      end,
    };
    return query;
  };
  type SharedQuery = ReturnType<typeof createSharedQuery>;

  const stopListening = changes.listen((change) => {
    for (const query of queries.values()) query.changed(change);
  });

  return {
    follow(found, from, follower) {
      const caller = credentialKey(from.principal);
      const key = `${caller} ${found.key}`;
      let query = queries.get(key);
      if (!query) {
        query = createSharedQuery(key, caller, found, from);
        queries.set(key, query);
      }
      const joined = query;
      joined.add(follower);
      return () => joined.remove(follower);
    },
    get size() {
      return queries.size;
    },
    close() {
      stopListening();
      for (const query of queries.values()) query.end();
    },
  };
};
