import { K8shellError, pathOf, type Recording } from "@k8shell/sdk";
import { queryOptions } from "@tanstack/react-query";
import { live } from "../app/live.ts";
import { k8shell } from "../app/server.ts";

/** Of each workspace so many sessions are shown, the newest. */
export const shownSessions = 200;

export const sessionsQuery = (workspace: string, username: string) =>
  queryOptions({
    queryKey: ["sessions", workspace, username],
    queryFn: ({ signal }) =>
      k8shell.api.listSessions({ workspace, username, last_n: shownSessions }, { signal }),
    ...live("sessions", pathOf("listSessions", { workspace, username, last_n: shownSessions })),
  });

/** Recordings by the id of their session; none where the platform gives none back. */
export const recordingsQuery = (workspace: string, username: string) =>
  queryOptions({
    queryKey: ["recordings", workspace, username],
    queryFn: async ({ signal }): Promise<ReadonlyMap<string, Recording>> => {
      try {
        const list = await k8shell.api.listRecordings(
          { workspace, username, last_n: shownSessions },
          { signal },
        );
        return new Map(list.map((recording) => [recording.sessionID, recording]));
      } catch (error) {
        if (error instanceof K8shellError && error.status === 501) return new Map();
        throw error;
      }
    },
    ...live("sessions"),
  });
