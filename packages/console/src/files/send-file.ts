import { createWebUploadStore, K8shellError } from "@k8shell/sdk";
import { k8shell, session } from "../app/server.ts";
import { hold } from "../session/reauthentication.ts";
import { parentOf } from "./paths.ts";
import type { Sender } from "./upload-queue.ts";

/**
 * Sends files in parts that go on where they were: after a lost connection, a pause, and, when the same file is chosen
 * again, after the page was closed. Directories on the way to a file are made.
 */
export const createSender = (): Sender => {
  /** Directories that need not be made again, each after its workspace. */
  const made = new Set<string>();
  const store = createWebUploadStore(localStorage);
  /** Where each upload has begun, by its id. */
  const begun = new Map<number, { readonly key: string; readonly address: string }>();
  return {
    async send({ id, workspace, path, file, replace }, onProgress, signal) {
      const directory = parentOf(path);
      const place = `${workspace} ${directory}`;
      if (!made.has(place)) {
        await k8shell.api.makeDirectory({ name: workspace, path: directory, parents: true }, { signal });
        made.add(place);
      }
      const upload = hold(k8shell.files(workspace).uploadResumable, session);
      await upload(path, file, {
        signal,
        onProgress: ({ done }) => onProgress(done),
        ...(replace ? {} : { ifNoneMatch: "*" }),
        store: {
          async get(key) {
            const address = await store.get(key);
            if (address !== undefined) begun.set(id, { key, address });
            return address;
          },
          async set(key, address) {
            begun.set(id, { key, address });
            await store.set(key, address);
          },
          async delete(key) {
            begun.delete(id);
            await store.delete(key);
          },
        },
      }).catch((error: unknown) => {
        // It may be gone meanwhile: the next attempt makes it again.
        made.delete(place);
        throw error;
      });
    },
    isExisting: (error) => error instanceof K8shellError && error.status === 412,
    giveUp({ id }) {
      const known = begun.get(id);
      if (!known) return;
      begun.delete(id);
      void store.delete(known.key);
      // What has arrived goes now, or else by itself after a day.
      k8shell.transport
        .send({
          method: "DELETE",
          path: known.address,
          headers: { "tus-resumable": "1.0.0" },
        })
        .catch(() => {});
    },
  };
};
