/** What tabs of one browser tell each other about the session that they share. */
export type TabEvent = "signed-in" | "signed-out";

const isEvent = (value: unknown): value is TabEvent => value === "signed-in" || value === "signed-out";

export interface Tabs {
  tell(event: TabEvent): void;
}

/** Connects this tab with the others; `listener` hears what they tell. */
export const createTabs = (listener: (event: TabEvent) => void): Tabs => {
  const channel = new BroadcastChannel("k8shell-session");
  channel.addEventListener("message", ({ data }) => {
    if (isEvent(data)) listener(data);
  });
  return { tell: (event) => channel.postMessage(event) };
};
