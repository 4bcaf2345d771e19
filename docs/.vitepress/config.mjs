// The documentation's site. Pages are the repository's own Markdown files, at the same paths, so that their links work
// in both places; only the home page moves. VitePress refuses to build when a link leads nowhere.
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { apiSections } from "../../scripts/docs-api.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const repository = process.env.K8SHELL_DOCS_REPOSITORY ?? "";

/** A sidebar entry, if its file is there. */
const page = (text, path) => ({ text, link: `/${path.replace(/\.md$/, "")}` });

/** Links of pages to files of the repository that are no pages: to the repository where it is known, else as code. */
const repositoryLinks = (md) => {
  const isPage = (path) => /\.md$|^[^.]*$/.test(path);
  md.core.ruler.push("repository-links", (state) => {
    const here = dirname(state.env.relativePath ?? "");
    for (const block of state.tokens) {
      let dropped = false;
      for (const token of block.children ?? []) {
        if (token.type === "link_open") {
          const href = token.attrGet("href") ?? "";
          const path = href.split("#")[0];
          if (/^[a-z]+:|^\/|^#/.test(href) || path === "") continue;
          const target = join(here, path);
          if (isPage(path) && !existsSync(join(root, target, "package.json")) && /\.md$/.test(path)) continue;
          if (!existsSync(join(root, target))) continue; // VitePress reports it
          if (repository) token.attrSet("href", `${repository}/blob/main/${target}`);
          else {
            token.tag = "span";
            token.attrs = [];
            dropped = true;
          }
        } else if (token.type === "link_close" && dropped) {
          token.tag = "span";
          dropped = false;
        }
      }
    }
  });
};

export default defineConfig({
  title: "k8shell",
  description: "The open gateway to developer workspaces, and everything behind it on one machine.",
  lang: "en",
  base: process.env.K8SHELL_DOCS_BASE ?? "/",
  // scripts/docs.mjs puts the pages there.
  srcDir: join(root, "docs/dist/.pages"),
  rewrites: { "docs/index.md": "index.md" },
  outDir: join(root, "docs/dist/site"),
  cacheDir: join(root, "docs/dist/.cache"),
  cleanUrls: true,
  lastUpdated: false,
  head: [["link", { rel: "icon", href: `${process.env.K8SHELL_DOCS_BASE ?? "/"}icon.svg` }]],
  markdown: { config: repositoryLinks, languageAlias: { cedar: "rust" } },
  vite: {
    publicDir: join(root, "docs/public"),
    logLevel: "warn",
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Get started", link: "/docs/get-started" },
      { text: "Guides", link: "/docs/workspaces" },
      { text: "Operate", link: "/docs/operate" },
      { text: "API", link: "/docs/reference/api/" },
    ],
    sidebar: [
      {
        text: "Start",
        items: [
          page("Get started in five minutes", "docs/get-started.md"),
          page("Concepts", "docs/concepts.md"),
          page("Comparison", "docs/comparison.md"),
        ],
      },
      {
        text: "Use",
        items: [
          page("The Console", "docs/console.md"),
          page("The k8shell command", "docs/cli.md"),
          page("Workspaces and blueprints", "docs/workspaces.md"),
          page("Terminals", "docs/terminals.md"),
          page("Files", "docs/files.md"),
          page("Apps and ports", "docs/apps.md"),
          page("Sessions and recordings", "docs/recordings.md"),
          page("Access tokens", "docs/tokens.md"),
        ],
      },
      {
        text: "Automate",
        items: [
          page("The TypeScript SDK", "packages/sdk/README.md"),
          page("Workspaces for agents", "docs/agents.md"),
          page("API reference", "docs/reference/api/index.md"),
        ],
      },
      {
        text: "Operate",
        items: [
          page("One machine", "docs/operate.md"),
          page("Beside a platform", "docs/operate/kubernetes.md"),
          page("Upgrade and backup", "docs/operate/upgrade-and-backup.md"),
          page("Configuration", "docs/configuration.md"),
          page("Policies", "docs/policies.md"),
          page("Limits, metrics, logs", "docs/observe.md"),
          page("Troubleshooting", "docs/operate/troubleshooting.md"),
          page("Security model", "SECURITY.md"),
        ],
      },
      {
        text: "Protocols",
        items: [
          page("Overview", "docs/protocols/index.md"),
          page("Job events", "docs/protocols/jobs.md"),
          page("cloudshell-v1", "docs/protocols/cloudshell-v1.md"),
          page("cloudshell-v2", "docs/protocols/cloudshell-v2.md"),
          page("exec", "docs/protocols/exec.md"),
          page("forward", "docs/protocols/forward.md"),
          page("events", "docs/protocols/events.md"),
        ],
      },
      {
        text: "API reference",
        collapsed: true,
        items: apiSections().map(({ title, slug }) => page(title, `docs/reference/api/${slug}.md`)),
      },
      {
        text: "Project",
        items: [
          page("Architecture", "docs/architecture.md"),
          page("Benchmarks", "docs/benchmarks.md"),
          page("Dependencies", "docs/dependencies.md"),
          page("Contributing", "CONTRIBUTING.md"),
          page("Changelog", "CHANGELOG.md"),
        ],
      },
    ],
  },
});
