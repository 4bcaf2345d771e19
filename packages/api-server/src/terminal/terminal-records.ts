import { encodeKey, type KvBucket } from "@k8shell/kv";
import { z } from "zod";
import { sha256 } from "../auth/hash.ts";
import type { Principal } from "../auth/principal.ts";
import type { ScreenSnapshot } from "./screen.ts";

/** Which shell belongs to a tab, so that a reload, or a restarted server, finds it again. */
export interface TerminalRecord {
  /** `session-id` of the shell in the workspace. */
  readonly shellId: string;
  /** Session record of the connection that has the shell now; absent while it is detached. */
  readonly sessionId?: string;
}

/** Keeps what a terminal showed for the server that attaches to it next. */
export interface ScreenRecords {
  get(shellId: string): Promise<ScreenSnapshot | undefined>;
  put(shellId: string, screen: ScreenSnapshot): Promise<void>;
  delete(shellId: string): Promise<void>;
}

export interface TerminalRecords {
  get(key: string): Promise<TerminalRecord | undefined>;
  put(key: string, record: TerminalRecord): Promise<void>;
  delete(key: string): Promise<void>;
}

/** The tab of a client that names none. */
const defaultTab = "default";

const credentialOf = ({ credential, username }: Principal): string => {
  switch (credential.kind) {
    case "session":
      return `session ${credential.sessionId}`;
    case "pat":
      return `pat ${credential.hash}`;
    case "jwt":
      return `user ${username}`;
  }
};

/**
 * The key of a terminal: one per web session (or token), workspace and tab. Nobody can name another one's shell with
 * it, and the session id, which is a secret, does not appear in it.
 */
export const terminalKey = (
  principal: Principal,
  workspace: { readonly namespace: string; readonly name: string },
  tab = defaultTab,
): string =>
  [
    sha256(credentialOf(principal)),
    encodeKey(`${workspace.namespace}/${workspace.name}`),
    encodeKey(tab),
  ].join("/");

const parse = (value: string): TerminalRecord | undefined => {
  let record: unknown;
  try {
    record = JSON.parse(value);
  } catch {
    return undefined;
  }
  if (typeof record !== "object" || record === null || !("shellId" in record)) return undefined;
  const { shellId } = record;
  if (typeof shellId !== "string" || shellId === "") return undefined;
  const sessionId =
    "sessionId" in record && typeof record.sessionId === "string" ? record.sessionId : undefined;
  return { shellId, sessionId };
};

/** Records in the bucket `terminals`. */
export const createTerminalRecords = (bucket: KvBucket): TerminalRecords => ({
  async get(key) {
    const entry = await bucket.get(key);
    return entry && parse(entry.value);
  },
  async put(key, record) {
    await bucket.put(key, JSON.stringify(record));
  },
  delete: (key) => bucket.delete(key),
});

const screenRecord = z.object({
  cols: z.int().min(1).max(1000),
  rows: z.int().min(1).max(1000),
  offset: z.int().min(0),
  text: z.string(),
});

const parseScreen = (value: string): ScreenSnapshot | undefined => {
  try {
    return screenRecord.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
};

/** Screens in the bucket `terminals`, beside the records of tabs, whose keys begin with a hash. */
export const createScreenRecords = (bucket: KvBucket): ScreenRecords => {
  const keyOf = (shellId: string) => `screen/${encodeKey(shellId)}`;
  return {
    async get(shellId) {
      const entry = await bucket.get(keyOf(shellId));
      return entry && parseScreen(entry.value);
    },
    async put(shellId, screen) {
      await bucket.put(keyOf(shellId), JSON.stringify(screen));
    },
    delete: (shellId) => bucket.delete(keyOf(shellId)),
  };
};
