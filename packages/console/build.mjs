// Builds the Console into dist/: index.html and hashed files in assets/, each also compressed. Does nothing when what
// it is made of has not changed since, so that it can run before every start.
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const dist = join(here, "dist");
const stamp = join(dist, ".made-of");

/** Everything that the result depends on. */
const digest = () => {
  const files = globSync(
    [
      "package-lock.json",
      "packages/console/{build.mjs,index.html,package.json,auth/callback/index.html}",
      "packages/console/{src,public}/**/*.*",
      "packages/sdk/src/**/*.ts",
      "packages/contract/src/gen/**/*.js",
    ],
    { cwd: root },
  ).sort();
  const hash = createHash("sha256");
  for (const file of files) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest("hex");
};

const compressible = /\.(js|css|svg|html|json)$/;

/** Leaves `name.br` and `name.gz` beside each file that gets smaller. */
const compress = async () => {
  for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !compressible.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    const [br, gz] = await Promise.all([
      promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
      promisify(gzip)(bytes, { level: 9 }),
    ]);
    if (gz.length < bytes.length)
      await Promise.all([writeFile(`${path}.br`, br), writeFile(`${path}.gz`, gz)]);
  }
};

const ofSource = (folders) => new RegExp(`packages/console/src/(?:${folders})/`);
const groups = [
  {
    name: "vendor",
    test: /node_modules\/(?:react|react-dom|scheduler|@tanstack|radix-ui|@radix-ui|@floating-ui|lucide-react|clsx|aria-hidden|react-remove-scroll[^/]*|use-[^/]+)\//,
  },
  { name: "sdk", test: /packages\/sdk\/src\// },
  { name: "ui", test: ofSource("ui") },
  { name: "account", test: ofSource("account|variables|live") },
  { name: "admin", test: ofSource("admin") },
];

export const build = async () => {
  const wanted = digest();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  const [{ build: viteBuild }, { default: react }, { default: tailwind }] = await Promise.all([
    import("vite"),
    import("@vitejs/plugin-react"),
    import("@tailwindcss/vite"),
  ]);
  await rm(dist, { recursive: true, force: true });
  await viteBuild({
    root: here,
    configFile: false,
    // Relative addresses: the page works below any path prefix, and from a CDN.
    base: "./",
    logLevel: "warn",
    plugins: [react(), tailwind()],
    build: {
      outDir: dist,
      target: "es2022",
      chunkSizeWarningLimit: 1000,
      assetsInlineLimit: 0,
      // Pages that are used together come together: not one file for each button and icon.
      rolldownOptions: {
        input: [join(here, "index.html"), join(here, "auth/callback/index.html")],
        output: { codeSplitting: { groups } },
      },
    },
  });
  await compress();
  writeFileSync(stamp, wanted);
};
