import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from "react";
import { k8shell } from "../app/server.ts";
import { useSession } from "../session/use-session.ts";
import { watchLeftUploads } from "./left-uploads.ts";
import { createSender } from "./send-file.ts";
import { createUploadLocks } from "./upload-locks.ts";
import { createUploadQueue, type UploadQueue } from "./upload-queue.ts";
import { createUploadRecords, type UploadRecord } from "./upload-records.ts";
import { UploadTray } from "./upload-tray.tsx";

const Context = createContext<UploadQueue | undefined>(undefined);

const arrived = async ({ workspace, address }: UploadRecord, signal: AbortSignal): Promise<number> => {
  const upload = address.split("/").at(-1) ?? "";
  return (await k8shell.api.getUpload({ name: workspace, upload }, { signal })).offset;
};

/** Uploads belong to the whole Console: they go on while other pages are looked at, and are seen on all of them. */
export const UploadsProvider = ({ children }: { children: ReactNode }) => {
  const queryClient = useQueryClient();
  const [{ queue, records, locks }] = useState(() => {
    const records = createUploadRecords(localStorage);
    // Pages over plain HTTP have no locks, whatever the types say.
    const locks = createUploadLocks((navigator as Partial<Navigator>).locks);
    const queue = createUploadQueue(createSender(records, locks), (workspace) => {
      void queryClient.invalidateQueries({ queryKey: ["files", workspace] });
    });
    return { queue, records, locks };
  });
  const session = useSession();
  /** Whose uploads they are. A session that has ended is renewed by the same person. */
  const username = session.kind === "active" || session.kind === "expired" ? session.username : undefined;
  useEffect(() => {
    if (username === undefined) return;
    const end = watchLeftUploads({ records, locks, arrived }, username, {
      found: ({ address: _, username: __, ...left }, sent) => queue.addLeft({ ...left, sent }),
      gone: queue.removeLeft,
    });
    return () => {
      end();
      queue.leave();
    };
  }, [username, queue, records, locks]);
  const uploads = useSyncExternalStore(queue.subscribe, queue.list);
  const active = uploads.some(({ state }) => state === "sending" || state === "waiting");
  useEffect(() => {
    if (!active) return;
    // The browser asks whether the page may really be left.
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [active]);
  return (
    <Context value={queue}>
      {children}
      {uploads.length > 0 ? <UploadTray uploads={uploads} queue={queue} /> : null}
    </Context>
  );
};

export const useUploads = (): UploadQueue => {
  const queue = useContext(Context);
  if (!queue) throw new Error("useUploads needs an UploadsProvider above it");
  return queue;
};
