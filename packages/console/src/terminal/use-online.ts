import { onlineManager } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";

/** Does the browser have a network? */
export const useOnline = (): boolean =>
  useSyncExternalStore(
    (listener) => onlineManager.subscribe(listener),
    () => onlineManager.isOnline(),
  );
