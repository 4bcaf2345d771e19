const unreserved = /[A-Za-z0-9!#$&+\-.^_`|~]/;

/** `value` as an `ext-value` of RFC 5987: UTF-8, percent-encoded. */
const extended = (value: string): string => {
  let text = "";
  for (const byte of Buffer.from(value, "utf8")) {
    const character = String.fromCharCode(byte);
    text +=
      byte < 0x80 && unreserved.test(character)
        ? character
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
};

/**
 * A Content-Disposition that offers a download under `filename` (RFC 6266): a plain name for clients that know no
 * other, and the exact one as RFC 5987 has it.
 */
export const attachment = (filename: string): string => {
  const plain = filename.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  return `attachment; filename="${plain}"; filename*=UTF-8''${extended(filename)}`;
};
