import { randomBytes } from "node:crypto";
import { encodeKey, type KvBucket, KvConflictError } from "@k8shell/kv";
import type { Logger } from "pino";
import { z } from "zod";
import { sha256 } from "../auth/hash.ts";
import { ApiError } from "../http/api-error.ts";
import { appLabel, shortName } from "./label.ts";

export const shareModes = ["owner", "organization", "authenticated", "public"] as const;
export type ShareMode = (typeof shareModes)[number];

const linkRecord = z.object({
  id: z.string(),
  /** SHA-256 of the link's token. */
  hash: z.string(),
  /** Epoch milliseconds. */
  createdAt: z.number(),
  expiresAt: z.number(),
  createdBy: z.string(),
});

const portRecord = z.object({
  workspace: z.string(),
  /** Whose workspace it was; a namesake of somebody else inherits nothing. */
  owner: z.string(),
  port: z.number(),
  share: z.enum(shareModes),
  /** Origins that may read the app with the browser's cookie. */
  cors: z.array(z.string()).optional(),
  links: z.array(linkRecord),
  changedBy: z.string(),
});
export type PortRecord = z.infer<typeof portRecord>;
export type LinkRecord = z.infer<typeof linkRecord>;

/** Who may use which port, beside the workspace's owner. */
export interface Shares {
  /** What was read last; kept current by a watch. */
  get(workspace: string, port: number): PortRecord | undefined;
  list(workspace: string): PortRecord[];
  /** The workspace that a short name stands for (see `shortName`). */
  byShortName(short: string): string | undefined;
  /** Writes what `change` makes of the record. @throws ApiError conflict when it keeps changing meanwhile */
  change(base: PortRecord, change: (record: PortRecord) => PortRecord): Promise<PortRecord>;
  remove(workspace: string, port: number): Promise<void>;
  /** Remembers what the short name of a workspace stands for, where it has one. */
  rememberName(workspace: string, port: number): Promise<void>;
  readonly ready: Promise<void>;
  close(): void;
}

export interface SharesDeps {
  /** `app-ports`. */
  readonly ports: KvBucket;
  /** `app-names`. */
  readonly names: KvBucket;
  readonly log: Logger;
}

const keyOf = (workspace: string, port: number): string => `${encodeKey(workspace)}/${port}`;
const maxAttempts = 5;
/** Tokens of links begin with it. */
export const linkPrefix = "k8al_";

/** A new link: its record, and the token that only its receivers know (`k8al_` and 256 random bits). */
export const createLink = (username: string, lifetimeMs: number, now = Date.now()) => {
  const token = `${linkPrefix}${randomBytes(32).toString("base64url")}`;
  const link: LinkRecord = {
    id: randomBytes(8).toString("hex"),
    hash: sha256(token),
    createdAt: now,
    expiresAt: now + lifetimeMs,
    createdBy: username,
  };
  return { token, link };
};

/** The link with this token, while it is valid. Tokens are compared by their hashes. */
export const validLink = (
  record: PortRecord | undefined,
  token: string,
  now = Date.now(),
): LinkRecord | undefined => {
  const hash = sha256(token);
  return record?.links.find((link) => link.hash === hash && link.expiresAt > now);
};

/** Share records, mirrored in memory through a watch, so that asking on every request costs nothing. */
export const createShares = ({ ports, names, log }: SharesDeps): Shares => {
  const records = new Map<string, PortRecord>();
  const shortNames = new Map<string, string>();
  const stop = new AbortController();
  const ready = Promise.withResolvers<void>();

  const parse = (value: string): PortRecord | undefined => {
    try {
      return portRecord.parse(JSON.parse(value));
    } catch (err) {
      // Unreadable: the owner only.
      log.error({ err, bucket: ports.name }, "unreadable share record: the port is not shared");
      return undefined;
    }
  };
  const set = (key: string, record: PortRecord | undefined) => {
    if (record) records.set(key, record);
    else records.delete(key);
  };
  const follow = async (bucket: KvBucket, apply: (key: string, value: string | undefined) => void) => {
    while (!stop.signal.aborted) {
      try {
        for await (const event of bucket.watch({ signal: stop.signal })) {
          if (event.type === "current") {
            if (bucket === ports) ready.resolve();
          } else if (event.type !== "interrupted")
            apply(event.key, event.type === "put" ? event.value : undefined);
        }
      } catch (err) {
        if (!stop.signal.aborted) log.warn({ err }, "the watch on shared ports broke; trying again");
      }
      if (!stop.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1000).unref());
    }
  };
  void follow(ports, (key, value) => set(key, value === undefined ? undefined : parse(value)));
  void follow(names, (key, value) => {
    if (value === undefined) shortNames.delete(key);
    else shortNames.set(key, value);
  });

  return {
    get: (workspace, port) => records.get(keyOf(workspace, port)),
    list: (workspace) =>
      [...records.values()]
        .filter((record) => record.workspace === workspace)
        .sort((a, b) => a.port - b.port),
    byShortName: (short) => shortNames.get(short),
    async change(base, change) {
      const key = keyOf(base.workspace, base.port);
      for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
        const entry = await ports.get(key);
        const stored = entry && parse(entry.value);
        const changed = change(stored?.owner === base.owner ? stored : base);
        const text = JSON.stringify(changed);
        try {
          if (entry) await ports.update(key, text, entry.revision);
          else await ports.create(key, text);
          set(key, changed);
          return changed;
        } catch (error) {
          if (!(error instanceof KvConflictError)) throw error;
        }
      }
      throw new ApiError("conflict", "The port was changed at the same time; try again.");
    },
    async remove(workspace, port) {
      const key = keyOf(workspace, port);
      await ports.delete(key);
      set(key, undefined);
    },
    async rememberName(workspace, port) {
      if (appLabel(port, workspace) === `${port}--${workspace}`) return;
      const short = shortName(workspace);
      if (shortNames.get(short) === workspace) return;
      await names.put(short, workspace);
      shortNames.set(short, workspace);
    },
    ready: ready.promise,
    close: () => stop.abort(),
  };
};
