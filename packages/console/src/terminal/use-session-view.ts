import { useSyncExternalStore } from "react";
import type { Session, SessionView } from "./session.ts";

const nothing = () => undefined;
const never = () => () => {};

/** What is seen of a terminal, as it changes. */
export const useSessionView = (session: Session | undefined): SessionView | undefined =>
  useSyncExternalStore<SessionView | undefined>(session?.subscribe ?? never, session?.view ?? nothing);
