/** A file to upload, with its path below the directory it goes to. */
export interface ChosenFile {
  readonly file: File;
  /** `name`, or `directory/…/name`. */
  readonly path: string;
}

/** More files than these are not taken at once. */
export const mostFiles = 5_000;

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

const batchOf = (reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> =>
  new Promise((resolve, reject) => reader.readEntries(resolve, reject));

const collect = async (entry: FileSystemEntry, before: string, found: ChosenFile[]): Promise<void> => {
  if (found.length >= mostFiles) return;
  const path = before + entry.name;
  if (entry.isFile) {
    found.push({ file: await fileOf(entry as FileSystemFileEntry), path });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A directory is read in parts, of which the last is empty.
  for (let batch = await batchOf(reader); batch.length > 0; batch = await batchOf(reader)) {
    for (const child of batch) await collect(child, `${path}/`, found);
  }
};

/** The files that were dropped, those in dropped directories too. To be called while the event is handled. */
export const droppedFiles = async (transfer: DataTransfer): Promise<ChosenFile[]> => {
  // They are gone after the event, so all are taken out of it first.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  const files = [...transfer.files];
  const found: ChosenFile[] = [];
  for (const entry of entries) if (entry) await collect(entry, "", found);
  return found.length > 0 || entries.some((entry) => entry !== null)
    ? found
    : files.map((file) => ({ file, path: file.name }));
};

/** The files that were chosen in a dialog of the browser. */
export const pickedFiles = (list: FileList | null): ChosenFile[] =>
  [...(list ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
