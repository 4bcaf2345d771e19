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

interface Row {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/** Segments of a path, or "any" of a pattern that takes any number. */
const depthOf = (path: string): number | "any" =>
  path.endsWith("*") ? "any" : path.replace(/\/$/, "").split("/").length;

export const createMethodTable = (): MethodTable => {
  const rows = new Map<string, Row>();
  /** Whoever asks for what is not there may do so often: only patterns that can match are tried. */
  const byDepth = new Map<number | "any", Row[]>();
  return {
    add(pattern, methods) {
      const known = rows.get(pattern);
      const row = known ?? { pattern: toRegExp(pattern), methods: new Set<string>() };
      for (const method of methods) row.methods.add(method);
      if (known) return;
      rows.set(pattern, row);
      const depth = depthOf(pattern);
      byDepth.set(depth, [...(byDepth.get(depth) ?? []), row]);
    },
    of(path) {
      const candidates = [...(byDepth.get(depthOf(path)) ?? []), ...(byDepth.get("any") ?? [])];
      const found = candidates.filter(({ pattern }) => pattern.test(path));
      return [...new Set(found.flatMap(({ methods }) => [...methods]))].sort();
    },
  };
};
