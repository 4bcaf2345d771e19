// Bundles the daemon and the workspace tools into dist/, which then runs without node_modules: a launcher can show
// it read-only to a sandbox, or copy it into an image.
//   dist/workspaced.mjs      the daemon
//   dist/pty.node            the native half of its terminals
//   dist/bin/<tool>          programs for inside the workspace
import { execFileSync } from "node:child_process";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as bundle } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const tools = ["git-credential-k8shell", "docker-credential-k8shell", "k8shell-kube-credential"];

/** Where the launcher shows node to a sandbox. */
const sandboxNode = "/opt/k8shell/bin/node";

const commit = () => {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], {
      cwd: here,
      stdio: ["ignore", "pipe", "ignore"],
    })
      .toString()
      .trim();
  } catch {
    return "dev";
  }
};

const nativeModule = () => {
  const load = createRequire(import.meta.url);
  const beside = createRequire(load.resolve("@lydell/node-pty"));
  return beside.resolve(`@lydell/node-pty-${process.platform}-${process.arch}/pty.node`);
};

const common = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
  // Less text is less for V8 to keep; names stay for stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "none",
  logLevel: "warning",
};

/** Replaces a file at once, or leaves it when nothing changed. Beside dist/: who copies that finds whole files only. */
const put = async (path, contents, mode = 0o644) => {
  const known = await readFile(path).catch(() => undefined);
  if (known?.equals(contents)) return;
  const next = join(here, `.${basename(path)}.${process.pid}.tmp`);
  await writeFile(next, contents, { mode });
  await chmod(next, mode);
  await rename(next, path);
};

const bundled = async (options) => {
  const { outputFiles } = await bundle({ ...common, ...options, write: false });
  return Buffer.from(outputFiles[0].contents);
};

/** Writes dist/, file by file: sandboxes that are running show this very directory to their workspaces. */
export const build = async () => {
  const dist = join(here, "dist");
  await mkdir(join(dist, "bin"), { recursive: true });
  const daemon = bundled({
    entryPoints: [join(here, "src/main.ts")],
    define: { BUILD_COMMIT: JSON.stringify(commit()) },
    // Bundled CommonJS packages ask for Node's own modules with require.
    banner: {
      js: 'import { createRequire as bundleRequire } from "node:module"; const require = bundleRequire(import.meta.url);',
    },
    // Only for the channelz service, which the daemon does not offer.
    external: ["@grpc/proto-loader"],
  });
  const programs = tools.map((tool) =>
    bundled({ entryPoints: [join(here, "src/tools", `${tool}.ts`)], banner: { js: `#!${sandboxNode}` } }),
  );
  await put(join(dist, "package.json"), Buffer.from('{ "type": "module" }\n'));
  await put(join(dist, "pty.node"), await readFile(nativeModule()), 0o755);
  await put(join(dist, "workspaced.mjs"), await daemon);
  for (const [index, tool] of tools.entries()) {
    await put(join(dist, "bin", tool), await programs[index], 0o755);
  }
};
