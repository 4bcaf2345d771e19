import { k8shell } from "../app/server.ts";

/** So much of a text is shown, bytes. */
export const mostText = 512 << 10;
/** A larger picture is not loaded, bytes. */
export const mostPicture = 10 << 20;

const pictures: Readonly<Partial<Record<string, string>>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  avif: "image/avif",
  bmp: "image/bmp",
  ico: "image/x-icon",
  svg: "image/svg+xml",
};

export type Preview =
  | { readonly kind: "text"; readonly text: string; readonly cut: boolean }
  | { readonly kind: "picture"; readonly url: string }
  /** Nothing that could be shown: its bytes are no text. */
  | { readonly kind: "binary" }
  | { readonly kind: "large" };

const dataUrl = (blob: Blob): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });

/** Bytes as UTF-8; undefined when they are not. A character that is cut at the end counts as whole. */
export const textOf = (bytes: Uint8Array, cut: boolean): string | undefined => {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: cut });
  } catch {
    return undefined;
  }
};

/**
 * The beginning of a body. What follows is not fetched: a file may have grown since it was listed, and a link has a size of
 * its own.
 *
 * @param most bytes
 */
const beginningOf = async (
  body: ReadableStream<Uint8Array>,
  most: number,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; cut: boolean }> => {
  const reader = body.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  while (length <= most) {
    const { value } = await reader.read();
    if (!value) break;
    parts.push(value);
    length += value.byteLength;
  }
  await reader.cancel();
  const bytes = new Uint8Array(await new Blob(parts as BlobPart[]).slice(0, most).arrayBuffer());
  return { bytes, cut: length > most };
};

/**
 * Loads what can be shown of a file.
 * @param size of the file as it was listed, bytes
 * @throws K8shellError
 */
export const loadPreview = async (
  workspace: string,
  path: string,
  size: number,
  signal: AbortSignal,
): Promise<Preview> => {
  const files = k8shell.files(workspace);
  const type = pictures[path.slice(path.lastIndexOf(".") + 1).toLowerCase()];
  if (type !== undefined) {
    if (size > mostPicture) return { kind: "large" };
    const { body } = await files.download(path, { signal });
    const { bytes, cut } = await beginningOf(body, mostPicture);
    if (cut) return { kind: "large" };
    return { kind: "picture", url: await dataUrl(new Blob([bytes], { type })) };
  }
  // A file of no length has no range. Files of /proc say they have none, and have content.
  const { body } = await files.download(path, {
    signal,
    ...(size > mostText ? { range: { start: 0, end: mostText + 1 } } : {}),
  });
  const { bytes, cut } = await beginningOf(body, mostText);
  const text = textOf(bytes, cut);
  return text === undefined ? { kind: "binary" } : { kind: "text", text, cut };
};
