import { ApiError } from "../http/api-error.ts";

const maxHeaders = 16 * 1024;
const maxParts = 32;

const malformed = (what: string) => new ApiError("invalid_body", `The multipart body is malformed: ${what}.`);

/**
 * The boundary of a multipart/form-data content type.
 * @throws ApiError invalid_body when there is none or it breaks RFC 2046
 */
export const multipartBoundary = (contentType: string): string => {
  const match = /;\s*boundary=(?:"([^"]*)"|([^\s;"]+))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2] ?? "";
  if (!/^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/.test(boundary)) {
    throw malformed("the content type has no valid boundary");
  }
  return boundary;
};

/** The `name` in a part's Content-Disposition; undefined when it is not form data. */
const partName = (headers: string): string | undefined => {
  const line = headers.split("\r\n").find((text) => /^content-disposition:/i.test(text));
  if (line === undefined || !/^content-disposition:\s*form-data\b/i.test(line)) return undefined;
  const match = /;\s*name=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(line);
  return match?.[1] ?? match?.[2];
};

/**
 * The content of the part `file` of a multipart/form-data body (RFC 7578), as it comes in. Parts before and after it
 * are skipped. The whole body is read, so a body cut short is never taken for a complete file.
 * @throws ApiError invalid_body when the body is malformed or has no such part
 */
export async function* multipartFile(
  source: AsyncIterable<Uint8Array>,
  boundary: string,
): AsyncGenerator<Uint8Array> {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const input = source[Symbol.asyncIterator]();
  // The first delimiter has no line break before it.
  let held: Buffer = Buffer.from("\r\n");

  const more = async (): Promise<void> => {
    const { value, done } = await input.next();
    if (done) throw malformed("it ends early");
    held =
      held.length === 0
        ? Buffer.from(value.buffer, value.byteOffset, value.length)
        : Buffer.concat([held, value]);
  };
  /** Yields everything up to the next delimiter and takes that away. Holds no more than one chunk and a delimiter. */
  async function* untilDelimiter(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const at = held.indexOf(delimiter);
      if (at >= 0) {
        if (at > 0) yield held.subarray(0, at);
        held = held.subarray(at + delimiter.length);
        return;
      }
      const safe = held.length - delimiter.length + 1;
      if (safe > 0) {
        const ready = held.subarray(0, safe);
        held = held.subarray(safe);
        yield ready;
      }
      await more();
    }
  }
  const upTo = async (mark: string, limit: number): Promise<string> => {
    for (;;) {
      const at = held.indexOf(mark);
      if (at >= 0 && at <= limit) {
        const text = held.toString("utf8", 0, at);
        held = held.subarray(at + mark.length);
        return text;
      }
      if (held.length > limit + mark.length) throw malformed("a header is too long");
      await more();
    }
  };

  try {
    let found = false;
    for await (const _preamble of untilDelimiter());
    for (let parts = 0; ; parts += 1) {
      while (held.length < 2) await more();
      if (held.toString("latin1", 0, 2) === "--") break;
      if (parts >= maxParts) throw malformed("it has too many parts");
      // Spaces may follow the boundary on its line.
      if ((await upTo("\r\n", 256)).trim() !== "") throw malformed("text follows a boundary");
      held = Buffer.concat([Buffer.from("\r\n"), held]);
      const headers = await upTo("\r\n\r\n", maxHeaders);
      const isFile = partName(headers) === "file";
      if (isFile && found) throw malformed("it has two parts named file");
      for await (const chunk of untilDelimiter()) if (isFile) yield chunk;
      found ||= isFile;
    }
    if (!found) throw malformed('it has no part named "file"');
    // Whatever follows the last boundary is no content.
    while (!(await input.next()).done);
  } finally {
    await input.return?.();
  }
}
