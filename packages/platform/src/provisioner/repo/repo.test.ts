import { Code, RpcError } from "@k8shell/rpc";
import { expect, test } from "vitest";
import { repositoryAddress } from "./address.ts";
import { findRef } from "./clone.ts";
import { parseRepositoryBlueprint } from "./repository-blueprint.ts";

test.each([
  ["https://github.com", "acme", "portal", "https://github.com/acme/portal.git", "portal"],
  ["git.example.com", "acme", "portal", "https://git.example.com/acme/portal.git", "portal"],
  ["http://127.0.0.1:8080/git/", "acme", "portal.git", "http://127.0.0.1:8080/git/acme/portal.git", "portal"],
  ["https://gitlab.com", "group", "sub/portal", "https://gitlab.com/group/sub/portal.git", "portal"],
])("on %s %s/%s is %s", (base, owner, name, url, directory) => {
  expect(repositoryAddress(base, owner, name)).toMatchObject({ url, directory });
});

test("credentials are looked up by the server's origin and host", () => {
  expect(repositoryAddress("https://git.example.com:8443/x", "a", "b").scopes).toEqual([
    "https://git.example.com:8443",
    "https://git.example.com:8443/",
    "git.example.com:8443",
  ]);
});

test.each([
  ["..", "x"],
  ["a", "../b"],
  ["a", "-upload-pack=x"],
  ["a", ""],
  ["a b", "c"],
  ["a", "b\nc"],
])("%j/%j is not a repository", (owner, name) => {
  expect(() => repositoryAddress("https://github.com", owner, name)).toThrow(RpcError);
});

test.each(["file:///srv", "ext::sh -c x", "https://user:pass@host", "https://"])(
  "%s is not a git server",
  (base) => {
    expect(() => repositoryAddress(base, "a", "b")).toThrow(
      expect.objectContaining({ code: Code.FailedPrecondition }),
    );
  },
);

test("a ref is found exactly first, then whatever its case, among branches and tags", () => {
  const listing = "a1\trefs/heads/Main\na2\trefs/heads/main\na3\trefs/tags/V1.2\na4\trefs/tags/V1.2^{}\n";
  expect(findRef(listing, "main")).toBe("main");
  expect(findRef(listing, "v1.2")).toBe("V1.2");
  expect(findRef(listing, "other")).toBeUndefined();
});

test("a repository's file must hold a blueprint", async () => {
  expect(await parseRepositoryBlueprint("blueprint: { env: { A: 1 } }")).toEqual({ env: { A: 1 } });
  await expect(parseRepositoryBlueprint("blueprints: []")).rejects.toThrow(/\.k8shell\.yaml/);
  await expect(parseRepositoryBlueprint("a: [")).rejects.toThrow(/line 1/);
});
