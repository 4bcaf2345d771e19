/** The outcome of one request against a bucket. */
export interface Taken {
  readonly allowed: boolean;
  /** Requests that would be allowed right now. */
  readonly remaining: number;
  /** Milliseconds until the bucket is full again, or, when refused, until one more request is allowed. */
  readonly waitMs: number;
}

export interface TokenBuckets {
  /** Takes one request out of the bucket of `key`. */
  take(key: string): Taken;
  /** The outcome if one were taken now. */
  look(key: string): Taken;
  readonly size: number;
}

export interface TokenBucketsOptions {
  /** Requests in a full bucket. */
  readonly quota: number;
  /** Milliseconds in which an empty bucket fills. */
  readonly windowMs: number;
  /** Most keys remembered (default 50 000, some 5 MB); beyond, the ones unused for longest are forgotten. */
  readonly maxKeys?: number;
  /** Monotonic clock, milliseconds. */
  readonly now?: () => number;
}

/**
 * Token buckets by key, kept as one number each: the instant at which the bucket is full again (the "theoretical arrival
 * time" of GCRA, ITU-T I.371). A bucket that is full is the same as none, so it costs nothing.
 */
export const createTokenBuckets = (options: TokenBucketsOptions): TokenBuckets => {
  const { quota, windowMs, maxKeys = 50_000, now = () => performance.now() } = options;
  const interval = windowMs / quota;
  const fullAt = new Map<string, number>();

  const forgetSome = (at: number): void => {
    for (const [key, full] of fullAt) if (full <= at) fullAt.delete(key);
    // A flood of keys: the oldest tenth goes, whoever they are. Map keeps the order in which keys were added.
    let surplus = fullAt.size - maxKeys * 0.9;
    for (const key of fullAt.keys()) {
      if (surplus-- <= 0) break;
      fullAt.delete(key);
    }
  };

  const outcome = (full: number, at: number): Taken => {
    const used = full - at;
    if (used > windowMs + 1e-6) return { allowed: false, remaining: 0, waitMs: used - windowMs };
    return { allowed: true, remaining: Math.floor((windowMs - used) / interval + 1e-6), waitMs: used };
  };

  return {
    take(key) {
      const at = now();
      const known = fullAt.get(key);
      const full = Math.max(known ?? 0, at) + interval;
      const taken = outcome(full, at);
      if (!taken.allowed) return taken;
      if (known === undefined && fullAt.size >= maxKeys) forgetSome(at);
      fullAt.set(key, full);
      return taken;
    },
    look(key) {
      const at = now();
      return outcome(Math.max(fullAt.get(key) ?? 0, at) + interval, at);
    },
    get size() {
      return fullAt.size;
    },
  };
};
