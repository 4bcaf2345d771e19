import { useSyncExternalStore } from "react";
import { session } from "../app/server.ts";
import type { SessionState } from "./reauthentication.ts";

/** Who is signed in in this tab. */
export const useSession = (): SessionState => useSyncExternalStore(session.subscribe, session.state);
