import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from "react";
import { createSender } from "./send-file.ts";
import { createUploadQueue, type UploadQueue } from "./upload-queue.ts";
import { UploadTray } from "./upload-tray.tsx";

const Context = createContext<UploadQueue | undefined>(undefined);

/** Uploads belong to the whole Console: they go on while other pages are looked at, and are seen on all of them. */
export const UploadsProvider = ({ children }: { children: ReactNode }) => {
  const queryClient = useQueryClient();
  const [queue] = useState(() =>
    createUploadQueue(createSender(), (workspace) => {
      void queryClient.invalidateQueries({ queryKey: ["files", workspace] });
    }),
  );
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
