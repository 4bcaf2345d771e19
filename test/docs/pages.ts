import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import GithubSlugger from "github-slugger";
import { marked, type Token, type Tokens } from "marked";

export const root = resolve(import.meta.dirname, "../..");

/** A page of the documentation: a Markdown file that people read. */
export interface Page {
  /** Its path in the repository. */
  readonly path: string;
  readonly links: readonly string[];
  readonly samples: readonly Sample[];
  /** Names of its headings as GitHub makes them. */
  readonly anchors: ReadonlySet<string>;
}

/** A block of code with its language. */
export interface Sample {
  readonly language: string;
  readonly text: string;
}

/** Reads a page. */
export const readPage = (path: string): Page => {
  const text = readFileSync(join(root, path), "utf8").replace(/^---\n[\s\S]*?\n---\n/, "");
  const links: string[] = [];
  const samples: Sample[] = [];
  const anchors = new Set<string>();
  const slugger = new GithubSlugger();
  marked.walkTokens(marked.lexer(text), (token: Token) => {
    if (token.type === "link" || token.type === "image") links.push((token as Tokens.Link).href);
    if (token.type === "code")
      samples.push({
        language: ((token as Tokens.Code).lang ?? "").split(" ")[0] ?? "",
        text: (token as Tokens.Code).text,
      });
    if (token.type === "heading") {
      const { text: title } = token as Tokens.Heading;
      anchors.add(slugger.slug(title.replaceAll("`", "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")));
    }
  });
  return { path, links, samples, anchors };
};

const markdownBelow = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.name === "node_modules" || entry.name === "dist" || entry.name.startsWith(".")) return [];
    if (entry.isDirectory()) return markdownBelow(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });

/** Every page of the repository. */
export const allPages = (): Page[] =>
  [
    ...readdirSync(root).filter((name) => name.endsWith(".md")),
    ...["docs", "packages", "deploy", "bench"].flatMap(markdownBelow),
  ]
    .map((path) => relative(".", path))
    .map(readPage);
