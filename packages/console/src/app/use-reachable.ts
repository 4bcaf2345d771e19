import { useSyncExternalStore } from "react";
import { reachability } from "./server.ts";

/** Does the server answer? */
export const useReachable = (): boolean =>
  useSyncExternalStore(reachability.subscribe, reachability.reachable);
