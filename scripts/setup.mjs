// Makes a fresh clone ready: installs the locked dependencies (with the pinned Node), says which system packages
// are missing, and builds what `npm start` runs. Needs nothing but npm and any Node >= 18. Idempotent and quick.
//   --test   also installs, on Debian as root, the system packages that only the tests need
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const forTests = process.argv.includes("--test");
const pinnedNode = "24.21.0";
const npm = process.platform === "win32" ? "npm.cmd" : "npm";

const say = (line) => process.stdout.write(`[setup] ${line}\n`);
const fail = (line) => {
  process.stderr.write(`[setup] ${line}\n`);
  process.exit(1);
};
const has = (command) =>
  (process.env.PATH ?? "")
    .split(":")
    .concat("/usr/sbin", "/usr/lib/openssh", "/usr/lib/postgresql/15/bin")
    .some((dir) => dir && existsSync(join(dir, command)));

// 1. Dependencies, exactly as locked. The stamp holds the digest of the lock file they came from.
const lockDigest = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
const stamp = join(root, "node_modules/.k8shell-lock");
const installed = () => existsSync(stamp) && readFileSync(stamp, "utf8") === lockDigest;

if (!installed()) {
  say("installing dependencies from the lock file (once; about half a minute)");
  // Not `npm ci`: it refuses a lock file without the binaries of platforms that a registry mirror does not carry.
  const result = spawnSync(
    npm,
    [
      "install",
      "--no-save",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
      "--include=dev",
      "--include=optional",
    ],
    {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  if (result.status !== 0)
    fail(
      "npm install failed: see its message above. Check the network and the npm registry setting, then run this again.",
    );
}

// 2. The pinned Node. Linux x64 and arm64 get it from the lock file; elsewhere npm's `node` package provides it.
const node = join(root, "node_modules/.bin/node");
const nodeVersion = (binary) => spawnSync(binary, ["--version"], { encoding: "utf8" }).stdout?.trim();
if (!nodeVersion(node)?.startsWith("v24.")) {
  say(`installing Node ${pinnedNode} for ${process.platform}-${process.arch}`);
  spawnSync(
    npm,
    ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", `node@${pinnedNode}`],
    { cwd: root, stdio: "inherit" },
  );
  if (!nodeVersion(node)?.startsWith("v24.")) {
    fail(
      `Node 24 could not be installed for ${process.platform}-${process.arch}. Put a Node ${pinnedNode} first on PATH as node_modules/.bin/node and run this again.`,
    );
  }
}
writeFileSync(stamp, lockDigest);

// 3. System packages: one line for each that a feature lacks.
const wanted = [
  {
    command: "bwrap",
    debian: "bubblewrap",
    lacks: "workspaces run without isolation from each other and from this server",
  },
  { command: "git", debian: "git", lacks: "workspaces cannot be created from a repository" },
  { command: "bash", debian: "bash", lacks: "workspace shells fall back to sh" },
];
const wantedByTests = [
  { command: "nats-server", debian: "nats-server" },
  { command: "nginx", debian: "nginx-light" },
  { command: "sftp-server", debian: "openssh-sftp-server" },
  { command: "chromium", debian: "chromium" },
  { command: "wrk", debian: "wrk" },
  { command: "openssl", debian: "openssl" },
  { command: "vi", debian: "vim-tiny" },
  { command: "pip3", debian: "python3-pip" },
  { command: "unzip", debian: "unzip" },
  { command: "postgres", debian: "postgresql" },
  { command: "zsh", debian: "zsh" },
  { command: "fish", debian: "fish" },
];
if (forTests) {
  const missing = [...wanted, ...wantedByTests].filter(({ command }) => !has(command));
  if (missing.length > 0) {
    const names = missing.map(({ debian }) => debian);
    if (!has("apt-get") || process.getuid?.() !== 0) {
      fail(
        `the tests need ${names.join(", ")}: install them (on Debian: apt-get install ${names.join(" ")}) and run this again.`,
      );
    }
    say(`installing system packages for the tests: ${names.join(", ")}`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const run = (...args) =>
      spawnSync("apt-get", args, { env, stdio: ["ignore", "ignore", "inherit"] }).status;
    run("update", "-qq");
    if (run("install", "-y", "-qq", "--no-install-recommends", ...names) !== 0)
      fail("apt-get install failed: see its message above.");
  }
} else {
  for (const { command, debian, lacks } of wanted) {
    if (!has(command)) say(`${debian} is not installed: ${lacks} (on Debian: apt-get install ${debian})`);
  }
}

// 4. Tools that are in no Debian release.
if (forTests) {
  const { installTestTools } = await import("./test-tools.mjs");
  try {
    installTestTools(say);
  } catch (error) {
    fail(`the tests of the Helm chart lack their tools: ${error.message}`);
  }
}

// 5. Build.
try {
  execFileSync(node, [join(root, "scripts/build.mjs")], { cwd: root, stdio: "inherit" });
} catch {
  fail("the build failed: see its message above.");
}
