/** An upload that has begun, as the browser remembers it longer than the page is open. */
export interface UploadRecord {
  /** Tells it from others: the destination, the size and the version of the file. */
  readonly key: string;
  /** Where the server takes its parts. */
  readonly address: string;
  /** Who began it: nobody else can go on with it. */
  readonly username: string;
  readonly workspace: string;
  /** Where the file goes. */
  readonly path: string;
  /** Name of the file on the person's machine. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** When the file was changed last, milliseconds since 1970. */
  readonly modified: number;
  readonly replace: boolean;
}

export interface UploadRecords {
  all(): UploadRecord[];
  get(key: string): UploadRecord | undefined;
  put(record: UploadRecord): void;
  remove(key: string): void;
  /** Calls back when another tab has removed a record. */
  onRemoved(removed: (key: string) => void): () => void;
}

const prefix = "k8shell-begun:";

const parse = (text: string | null): UploadRecord | undefined => {
  try {
    const value = Object(JSON.parse(text ?? "null")) as Record<string, unknown>;
    const { key, address, username, workspace, path, name, size, modified, replace } = value;
    const texts = [key, address, username, workspace, path, name].every((part) => typeof part === "string");
    const numbers = typeof size === "number" && typeof modified === "number";
    return texts && numbers && typeof replace === "boolean" ? (value as unknown as UploadRecord) : undefined;
  } catch {
    return undefined;
  }
};

/** Uploads that have begun, in a storage that all tabs of the browser share. */
export const createUploadRecords = (
  storage: Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">,
): UploadRecords => {
  const get = (key: string) => parse(storage.getItem(prefix + key));
  return {
    all: () =>
      Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "")
        .filter((name) => name.startsWith(prefix))
        .flatMap((name) => get(name.slice(prefix.length)) ?? []),
    get,
    put(record) {
      try {
        storage.setItem(prefix + record.key, JSON.stringify(record));
      } catch {
        // Then the upload goes on only as long as the page is open.
      }
    },
    remove: (key) => storage.removeItem(prefix + key),
    onRemoved(removed) {
      const heed = ({ key, newValue }: StorageEvent) => {
        if (newValue === null && key?.startsWith(prefix)) removed(key.slice(prefix.length));
      };
      addEventListener("storage", heed);
      return () => removeEventListener("storage", heed);
    },
  };
};
