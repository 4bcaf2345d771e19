import { K8shellError } from "@k8shell/sdk";
import { k8shell } from "../app/server.ts";
import { parentOf } from "./paths.ts";
import type { Sender } from "./upload-queue.ts";

/** Sends files with the SDK. Directories on the way to a file are made. */
export const createSender = (): Sender => {
  const made = new Set<string>();
  return {
    async send({ workspace, path, file, replace }, onProgress, signal) {
      const directory = parentOf(path);
      const key = `${workspace} ${directory}`;
      if (!made.has(key)) {
        await k8shell.api.makeDirectory({ name: workspace, path: directory, parents: true }, { signal });
        made.add(key);
      }
      await k8shell.files(workspace).upload(path, file, { signal, ...(replace ? {} : { ifNoneMatch: "*" }) });
      onProgress(file.size);
    },
    isExisting: (error) => error instanceof K8shellError && error.status === 412,
    giveUp() {},
  };
};
