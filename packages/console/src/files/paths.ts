/** The directory that holds `path`; `/` for the root. Paths are absolute. */
export const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

/** A name within a directory. */
export const joinPath = (directory: string, name: string): string =>
  directory.endsWith("/") ? `${directory}${name}` : `${directory}/${name}`;

export const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1) || "/";

/** The directories on the way to `path`, the root first, each with its name. */
export const waysTo = (path: string): ReadonlyArray<{ readonly path: string; readonly name: string }> => {
  const names = path.split("/").filter((name) => name !== "");
  return [
    { path: "/", name: "/" },
    ...names.map((name, index) => ({ path: `/${names.slice(0, index + 1).join("/")}`, name })),
  ];
};

/** A name that a new file or directory may have. */
export const isName = (name: string): boolean =>
  name !== "" && name !== "." && name !== ".." && !name.includes("/") && !name.includes("\0");

const octal = (text: string): string =>
  [...new TextEncoder().encode(text)].map((byte) => `\\0${byte.toString(8).padStart(3, "0")}`).join("");

/**
 * Text that a POSIX shell reads as this one word, also when it is typed into a terminal: no character of it is a key
 * there (names of files may hold Ctrl-U and Enter, and come from anywhere). Of a word with such characters line feeds at
 * its end are lost.
 */
export const shellWord = (text: string): string => {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  if (!/\p{Cc}/u.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`;
  return `"$(printf %b '${text.replaceAll(/[\p{Cc}\\'!]/gu, octal)}')"`;
};
