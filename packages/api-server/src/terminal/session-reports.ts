import { randomUUID } from "node:crypto";
import type { SessionService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import type { Client } from "@k8shell/rpc";
import type { Logger } from "pino";

/** Operation codes of a session record (grpc-behaviour section 7). */
export type Operation = "sh" | "pt" | "sf" | "ex";

/** What does not change while a session lasts. */
export interface SessionSubject {
  readonly username: string;
  readonly workspace: string;
  readonly blueprint: string;
  readonly client: string;
  readonly clientIp: string;
  /** Version of the workspace's daemon, when it is known. */
  readonly daemonVersion: Promise<string>;
}

/** The record of one connection with the Session service. Failures are logged; they never reach the terminal. */
export interface SessionReport {
  readonly id: string;
  /** Counts traffic: `received` from the client, `sent` to it, in bytes. */
  count(received: number, sent: number): void;
  /** Notes that the connection does this too. */
  operation(code: Operation): void;
  /** Writes the end. Resolves when that is done or has failed. */
  end(): Promise<void>;
}

export interface SessionReports {
  /**
   * Opens a record and keeps it fresh.
   * @param unfinished id of a record that a server which died left open: it is carried on, with its counts
   */
  open(
    subject: SessionSubject,
    operations: readonly Operation[],
    unfinished: string | undefined,
  ): Promise<SessionReport>;
}

const timeoutMs = 5_000;
const nowSeconds = () => BigInt(Math.floor(Date.now() / 1000));

export interface SessionReportsDeps {
  readonly session: Client<typeof SessionService>;
  readonly log: Logger;
  /** Milliseconds between refreshes (default 30 000; the service closes records after 5 minutes without one). */
  readonly refreshMs?: number;
}

export const createSessionReports = ({
  session,
  log,
  refreshMs = 30_000,
}: SessionReportsDeps): SessionReports => {
  const findUnfinished = async (id: string | undefined) => {
    if (id === undefined) return undefined;
    try {
      const { sessions } = await session.getSessions({ sessionId: id }, { timeoutMs });
      return sessions.find((found) => found.sessionId === id && found.endTime === 0n);
    } catch (err) {
      log.warn({ err }, "session record cannot be read");
      return undefined;
    }
  };

  return {
    async open(subject, initial, unfinished) {
      const earlier = await findUnfinished(unfinished);
      const id = earlier?.sessionId ?? randomUUID();
      const startTime = earlier?.startTime ?? nowSeconds();
      const operations = new Set<string>([...(earlier?.operations ?? []), ...initial]);
      let bytesIn = earlier?.bytesIn ?? 0n;
      let bytesOut = earlier?.bytesOut ?? 0n;
      let received = 0;
      let sent = 0;
      let ended = false;
      let daemonVersion = earlier?.k8shelldVer ?? "";
      let writing: Promise<void> = Promise.resolve();

      const takeCounts = () => {
        bytesIn += BigInt(received);
        bytesOut += BigInt(sent);
        received = 0;
        sent = 0;
      };
      /** One write at a time, in order. */
      const write = (what: () => Promise<unknown>): Promise<void> => {
        writing = writing.then(what).then(
          () => {},
          (err: unknown) => log.warn({ err, session: id }, "session record not written"),
        );
        return writing;
      };
      const upsert = () =>
        write(() => {
          takeCounts();
          const record = {
            sessionId: id,
            username: subject.username,
            workspace: subject.workspace,
            blueprint: subject.blueprint,
            client: subject.client,
            clientIp: subject.clientIp,
            k8shelldVer: daemonVersion,
            startTime,
            endTime: 0n,
            bytesIn,
            bytesOut,
            operations: [...operations],
            updatedAt: nowSeconds(),
          };
          return session.upsertSession({ session: record }, { timeoutMs });
        });

      const timer = setInterval(() => void upsert(), refreshMs);
      void upsert();
      subject.daemonVersion.then(
        (version) => {
          if (version === daemonVersion || ended) return;
          daemonVersion = version;
          void upsert();
        },
        () => {},
      );

      return {
        id,
        count(moreReceived, moreSent) {
          received += moreReceived;
          sent += moreSent;
        },
        operation(code) {
          if (operations.has(code)) return;
          operations.add(code);
          if (!ended) void upsert();
        },
        end() {
          if (!ended) {
            ended = true;
            clearInterval(timer);
            void write(() => {
              takeCounts();
              return session.endSession(
                { sessionId: id, endTime: nowSeconds(), bytesIn, bytesOut },
                { timeoutMs },
              );
            });
          }
          return writing;
        },
      };
    },
  };
};
