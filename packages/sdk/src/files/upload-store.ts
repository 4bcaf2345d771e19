/** Remembers uploads that have begun, so that another process or page can go on with them. */
export interface UploadStore {
  get(key: string): string | undefined | Promise<string | undefined>;
  set(key: string, value: string): void | Promise<void>;
  delete(key: string): void | Promise<void>;
}

/** In the storage of a browser, e.g. `localStorage`. A storage that is full remembers nothing. */
export const createWebUploadStore = (
  storage: Pick<Storage, "getItem" | "setItem" | "removeItem">,
): UploadStore => {
  const name = (key: string) => `k8shell-upload:${key}`;
  return {
    get: (key) => storage.getItem(name(key)) ?? undefined,
    set(key, value) {
      try {
        storage.setItem(name(key), value);
      } catch {
        // Then the upload goes on only as long as the page is open.
      }
    },
    delete: (key) => storage.removeItem(name(key)),
  };
};
