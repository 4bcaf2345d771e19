/** Which methods a path serves; consulted only when a request matched no route, to tell 405 from 404. */
export interface MethodTable {
  /** @param pattern path with `:param` segments, or a trailing `*` */
  add(pattern: string, methods: readonly string[]): void;
  /** Methods of a concrete path, sorted; empty when nothing is there. */
  of(path: string): string[];
}

const toRegExp = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split("/")
      .map((segment) =>
        segment.startsWith(":")
          ? "[^/]+"
          : segment === "*"
            ? ".*"
            : segment.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"),
      )
      .join("/")}/?$`,
  );

export const createMethodTable = (): MethodTable => {
  const rows: Array<{ pattern: RegExp; methods: readonly string[] }> = [];
  return {
    add(pattern, methods) {
      rows.push({ pattern: toRegExp(pattern), methods });
    },
    of: (path) =>
      [...new Set(rows.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods))].sort(),
  };
};
