// The page that identity providers send the browser back to where the Console is served apart from the API (docs/console.md).
// Beside the API the server itself answers at this address.
import { createClient } from "@k8shell/sdk";
import { configuredServer } from "./app/configured-server.ts";

const root = new URL("../../", document.baseURI);
const server = configuredServer(root) ?? root.href.replace(/\/$/, "");
const query = new URLSearchParams(location.search);
const words = document.getElementById("words");

/** A place of this Console, whatever the query says. */
const target = (): string => {
  const redirect = query.get("redirect") ?? "";
  return redirect.endsWith("?signed-in") ? `${root.href}?signed-in` : root.href;
};

const complete = async (): Promise<void> => {
  const client = createClient({
    server,
    fetch: (input, init) => fetch(input, { ...init, credentials: "include" }),
  });
  const code = query.get("code") ?? "";
  const state = query.get("state") ?? "";
  if (code === "")
    throw new Error(query.get("error_description") ?? query.get("error") ?? "No code came back.");
  await client.api.postCallback({ body: { code, state } });
  location.replace(target());
};

complete().catch((error: unknown) => {
  if (!words) return;
  words.textContent = error instanceof Error ? error.message : String(error);
  const back = document.createElement("a");
  back.href = root.href;
  back.textContent = " k8shell";
  words.append(back);
});
