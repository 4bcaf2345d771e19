import { expect, test } from "vitest";
import { matchingRepos } from "../src/workspaces/matching-repos.ts";

const repos = [
  { name: "api-docs", fullName: "acme/api-docs" },
  { name: "web", fullName: "acme/web", description: "Docs and shop" },
  { name: "Docs", fullName: "acme/Docs" },
  { name: "tools", fullName: "acme/tools" },
];
const names = (typed: string) => matchingRepos(repos, typed).map(({ name }) => name);

test("repositories are found by name or description, those whose name begins with it first", () => {
  expect(names(" doc ")).toEqual(["Docs", "api-docs", "web"]);
});

test("nothing typed finds all in their order, and what is nowhere nothing", () => {
  expect(names("")).toEqual(["api-docs", "web", "Docs", "tools"]);
  expect(names("zebra")).toEqual([]);
});
