const base = `# Blueprints describe what a workspace is made of. Every *.yaml file of this directory holds a list under the key
# "blueprints"; changes are picked up without a restart, and a file that breaks keeps its last good content.
#
# - A template (isTemplate: true) cannot be provisioned: other blueprints build on it with "template: <name>". Maps are
#   merged key by key, everything else is replaced, null removes a key.
# - A value may be an expression (https://cel.dev): "HELLO: !cel user.username". It sees user (username, fullname,
#   email, uid, gid, shell, sudo, source, roles, blueprints), org, repo (owner, name, ref, address),
#   workspace (name, blueprint) and env (the variables set for the organization and the user).
# - Who may use a blueprint is decided by the user's roles.
blueprints:
  - name: base
    description: What every workspace starts from
    isTemplate: true
    resources:
      cpu: "1" # cores, or millicores as 500m
      memory: 2Gi
    env:
      EDITOR: vi
    # storages are kept until the workspace is deleted, as is the home directory
    # storages:
    #   data:
    #     mountPath: ~/data
    #     size: 1Gi
    # scripts that run at each start of the workspace, as its user
    # initScripts:
    #   - name: hello
    #     script: echo hello > ~/hello.txt
    showInitScriptStatus: false
    enableApps: true
`;

const webServer = `const http = require("node:http"), fs = require("node:fs"), path = require("node:path");
const root = path.join(process.env.HOME, "public_html");
fs.mkdirSync(root, { recursive: true });
const index = path.join(root, "index.html");
if (!fs.existsSync(index)) {
  fs.writeFileSync(index, "<!doctype html><title>Hello</title><h1>Hello from your workspace</h1>" +
    "<p>Put files into <code>~/public_html</code>.</p>\\n");
}
const types = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript",
  ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png", ".txt": "text/plain; charset=utf-8" };
http.createServer((request, response) => {
  const refuse = (status) => response.writeHead(status, { "content-type": "text/plain" }).end(status + "\\n");
  let name;
  try { name = decodeURIComponent(new URL(request.url, "http://localhost").pathname); } catch { return refuse(400); }
  const wanted = path.join(root, path.normalize("/" + name));
  fs.stat(wanted, (problem, found) => {
    if (problem) return refuse(404);
    const file = found.isDirectory() ? path.join(wanted, "index.html") : wanted;
    const stream = fs.createReadStream(file);
    stream.once("error", () => refuse(404));
    stream.once("open", () => {
      console.log(request.method, name);
      response.writeHead(200, { "content-type": types[path.extname(file)] || "application/octet-stream" });
      stream.pipe(response);
    });
  });
}).listen(8080, "127.0.0.1", () => console.log("serving " + root + " on port 8080"))
  .once("error", (problem) => { console.error(String(problem)); process.exit(1); });`;

const indent = (text: string, columns: number): string =>
  text
    .split("\n")
    .map((line) => (line === "" ? "" : " ".repeat(columns) + line))
    .join("\n");

const dev = `blueprints:
  - name: dev
    description: A shell, a static web server and an editor in the browser
    template: base
    splash: |
      Welcome to your workspace. Your home directory is kept until the workspace is deleted.
    env:
      K8SHELL_BLUEPRINT: dev
    apps:
      # Nothing to install: it runs on the Node.js that every workspace has, and serves ~/public_html.
      web:
        listen: 8080
        protocol: http
        autoStart: false
        restartPolicy: on-failure
        binary: node
        versionCmd: node --version
        versionRegex: v(\\d+\\.\\d+\\.\\d+)
        start:
          - node
          - -e
          - |
${indent(webServer, 12)}
      # Visual Studio Code in the browser, installed below ~/.local on demand. Needs npm and access to its registry;
      # what went wrong is in the install log.
      code-server:
        listen: 8090
        protocol: http
        autoStart: false
        restartPolicy: on-failure
        binary: ~/.local/bin/code-server
        versionCmd: ~/.local/bin/code-server --version
        versionRegex: (\\d+\\.\\d+\\.\\d+)
        install: |
          set -eu
          mkdir -p "$HOME/.local"
          if ! command -v npm >/dev/null 2>&1; then
            echo "npm is not installed on this machine: code-server cannot be installed" >&2
            exit 1
          fi
          echo "installing code-server below $HOME/.local"
          npm install --global --no-fund --no-audit --prefix "$HOME/.local" code-server
          "$HOME/.local/bin/code-server" --version
        start:
          - sh
          - -c
          - exec "$HOME/.local/bin/code-server" --auth none --bind-addr 127.0.0.1:8090 "$HOME"
`;

/** Files written into an empty blueprints directory. */
export const defaultBlueprintFiles: Readonly<Record<string, string>> = { "base.yaml": base, "dev.yaml": dev };
