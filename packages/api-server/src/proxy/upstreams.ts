import type { RpcError } from "@k8shell/rpc";
import type { ForwardEvents, ForwardStream, OpenForward } from "../backends/port-forward.ts";

/** A connection to an app, lent to one request at a time. */
export interface Upstream {
  readonly stream: ForwardStream;
  /** It has served a request before: the app may close it at any moment. */
  readonly reused: boolean;
}

/** Where an app is. Connections are shared by equal keys only. */
export interface UpstreamTarget {
  /** Names workspace, port and the person: an app that loses count of messages then harms nobody else. */
  readonly key: string;
  readonly host: string;
  readonly port: number;
  readonly open: OpenForward;
}

/** Kept-alive connections to apps. */
export interface Upstreams {
  /** Lends a kept connection, or opens one. `events` are the borrower's until `giveBack` or `destroy`. */
  borrow(target: UpstreamTarget, events: ForwardEvents, fresh?: boolean): Upstream;
  /** The app has answered in order and keeps the connection. */
  giveBack(target: UpstreamTarget, upstream: Upstream): void;
  close(): void;
}

export interface UpstreamsOptions {
  /** Milliseconds a connection is kept unused (default 4 000: Node servers close theirs after 5 000). */
  readonly idleMs?: number;
  /** Connections kept unused for each key (default 64). */
  readonly maxIdle?: number;
}

interface Kept extends Upstream {
  reused: boolean;
  events: ForwardEvents | undefined;
  idleSince: number;
  key: string;
}

/** Makes the pool. A connection that says anything while nobody uses it is closed. */
export const createUpstreams = ({ idleMs = 4_000, maxIdle = 64 }: UpstreamsOptions = {}): Upstreams => {
  const idle = new Map<string, Kept[]>();
  const all = new WeakMap<Upstream, Kept>();

  const forget = (kept: Kept) => {
    const list = idle.get(kept.key);
    if (!list) return;
    const at = list.indexOf(kept);
    if (at >= 0) list.splice(at, 1);
    if (list.length === 0) idle.delete(kept.key);
  };
  const discard = (kept: Kept) => {
    forget(kept);
    kept.stream.destroy();
  };

  const sweep = setInterval(() => {
    const oldest = Date.now() - idleMs;
    for (const list of idle.values()) {
      for (const kept of [...list]) if (kept.idleSince < oldest) discard(kept);
    }
  }, 500);
  sweep.unref();

  const start = ({ key, host, port, open }: UpstreamTarget, events: ForwardEvents): Kept => {
    const kept: Kept = {
      key,
      events,
      reused: false,
      idleSince: 0,
      stream: open(
        { host, port },
        {
          onData(bytes) {
            if (kept.events) kept.events.onData(bytes);
            else discard(kept);
          },
          onDrain: () => kept.events?.onDrain(),
          onClose(error: RpcError | undefined) {
            const borrower = kept.events;
            kept.events = undefined;
            if (borrower) borrower.onClose(error);
            else forget(kept);
          },
        },
      ),
    };
    all.set(kept, kept);
    return kept;
  };

  return {
    borrow(target, events, fresh = false) {
      const kept = fresh ? undefined : idle.get(target.key)?.pop();
      if (!kept) return start(target, events);
      kept.events = events;
      kept.reused = true;
      return kept;
    },
    giveBack(target, upstream) {
      const kept = all.get(upstream);
      if (!kept) return;
      kept.events = undefined;
      kept.idleSince = Date.now();
      const list = idle.get(target.key);
      if (!list) idle.set(target.key, [kept]);
      else if (list.length < maxIdle) list.push(kept);
      else kept.stream.destroy();
    },
    close() {
      clearInterval(sweep);
      for (const list of idle.values()) for (const kept of [...list]) discard(kept);
    },
  };
};
