import { type Events, K8shellError } from "@k8shell/sdk";
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { startLiveUpdates } from "../src/app/live-updates.ts";

/** Live updates of a client, whose subscriptions are in the test's hands. */
const start = (refused = async () => false) => {
  const queryClient = new QueryClient();
  const subscriptions: Array<{ open: boolean; refuse(status: number): void }> = [];
  const follow: Events["follow"] = (_path, { onError }) => {
    const subscription = {
      open: true,
      refuse(status: number) {
        subscription.open = false;
        onError?.(new K8shellError("Refused.", { status, code: "refused" }));
      },
    };
    subscriptions.push(subscription);
    return () => {
      subscription.open = false;
    };
  };
  startLiveUpdates({
    queryClient,
    events: { follow, onStatus: () => () => {} } as Partial<Events> as Events,
    refused,
    onLost() {},
  });
  const options = (enabled: boolean) => ({
    queryKey: ["things"],
    queryFn: () => "",
    meta: { follow: "/api/v1/things" },
    // As after every render: another function that does the same.
    refetchInterval: (): false => false,
    enabled,
  });
  const observer = new QueryObserver(queryClient, options(false));
  return { queryClient, subscriptions, observer, options };
};

test("only a query that somebody may ask is followed, and no longer than that", () => {
  const { subscriptions, observer, options } = start();
  const leave = observer.subscribe(() => {});
  expect(subscriptions).toHaveLength(0);
  observer.setOptions(options(true));
  expect(subscriptions).toMatchObject([{ open: true }]);
  observer.setOptions(options(true));
  expect(subscriptions).toHaveLength(1);
  observer.setOptions(options(false));
  expect(subscriptions).toMatchObject([{ open: false }]);
  observer.setOptions(options(true));
  expect(subscriptions).toMatchObject([{ open: false }, { open: true }]);
  leave();
  expect(subscriptions).toMatchObject([{ open: false }, { open: false }]);
});

test("what was refused is not followed again by every render, but when its page is opened anew", () => {
  const { subscriptions, observer, options } = start();
  observer.setOptions(options(true));
  const leave = observer.subscribe(() => {});
  subscriptions[0]?.refuse(403);
  observer.setOptions(options(true));
  expect(subscriptions).toHaveLength(1);
  leave();
  observer.subscribe(() => {});
  expect(subscriptions).toHaveLength(2);
  observer.destroy();
});

test("what ended with the session is followed again once somebody has signed in", async () => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const { subscriptions, observer, options } = start(() => promise);
  observer.setOptions(options(true));
  observer.subscribe(() => {});
  subscriptions[0]?.refuse(401);
  expect(subscriptions).toHaveLength(1);
  resolve(true);
  await expect.poll(() => subscriptions).toMatchObject([{ open: false }, { open: true }]);
  observer.destroy();
});
