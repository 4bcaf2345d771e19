import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { allPages, root } from "./pages.ts";

const pages = allPages();
const byPath = new Map(pages.map((page) => [page.path, page]));

/** Why a link is wrong; undefined when it is right. Addresses of other sites are not looked up. */
const fault = (from: string, link: string): string | undefined => {
  if (/^(https?|mailto):/.test(link)) return undefined;
  const [path = "", anchor] = link.split("#");
  if (path.startsWith("/")) return undefined; // an address of a running server
  const target = path === "" ? from : normalize(join(dirname(from), decodeURIComponent(path)));
  if (!existsSync(join(root, target))) return "no such file";
  if (anchor === undefined) return undefined;
  const page = byPath.get(target);
  if (!page) return "an anchor in something that is no page";
  return page.anchors.has(anchor) ? undefined : "no such heading";
};

test("there are pages, and they have links", () => {
  expect(pages.length).toBeGreaterThan(15);
  expect(pages.flatMap((page) => page.links).length).toBeGreaterThan(50);
});

test("links to files and headings of the repository lead there", () => {
  const faults = pages.flatMap((page) =>
    page.links
      .map((link) => ({ page: page.path, link, fault: fault(page.path, link) }))
      .filter((entry) => entry.fault !== undefined),
  );
  expect(faults).toEqual([]);
});

test("a link that leads nowhere is found", () => {
  expect(fault("README.md", "docs/no-such-page.md")).toBe("no such file");
  expect(fault("docs/policies.md", "recordings.md#no-such-heading")).toBe("no such heading");
  expect(fault("docs/policies.md", "#obligations")).toBeUndefined();
});

test("every guide can be reached from the README or from another page", () => {
  const linked = new Set(
    pages.flatMap((page) =>
      page.links
        .filter((link) => !/^[a-z]+:|^\//.test(link))
        .map((link) => normalize(join(dirname(page.path), link.split("#")[0] ?? ""))),
    ),
  );
  const guides = pages.map((page) => page.path).filter((path) => path.startsWith("docs/"));
  expect(guides.filter((path) => path !== "docs/index.md" && !linked.has(path))).toEqual([]);
});
