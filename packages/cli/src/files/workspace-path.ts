/** A place in a workspace, or on this machine. */
export type Place =
  | { readonly kind: "workspace"; readonly workspace: string; readonly path: string }
  | { readonly kind: "local"; readonly path: string };

/**
 * Reads `workspace:path`, or a path of this machine. As with scp, a colon behind a slash is part of a file's name, so
 * `./a:b` is local.
 */
export const parsePlace = (text: string): Place => {
  const colon = text.indexOf(":");
  const slash = text.indexOf("/");
  if (colon <= 0 || (slash >= 0 && slash < colon)) return { kind: "local", path: text };
  return { kind: "workspace", workspace: text.slice(0, colon), path: text.slice(colon + 1) || "." };
};

/** The last name of a path; undefined where it names a place without one: `.`, `..`, `/`, `~`. */
export const baseName = (path: string): string | undefined => {
  const name = path.replace(/\/+$/, "").split("/").at(-1);
  return name === undefined || name === "" || name === "." || name === ".." || name === "~"
    ? undefined
    : name;
};

/** A name below a directory of a workspace. */
export const joinPath = (directory: string, name: string): string =>
  directory === "." || directory === "" ? name : `${directory.replace(/\/+$/, "")}/${name}`;
