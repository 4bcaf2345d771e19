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

/** Text that a POSIX shell reads as this one word. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
