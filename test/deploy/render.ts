import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import { z } from "zod";
import { testTools } from "../../scripts/test-tools.mjs";

const chart = resolve(import.meta.dirname, "../../deploy/helm/k8shell-api-server");

/** A Kubernetes object, as far as tests need to know it is one. */
export const manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), labels: z.record(z.string(), z.string()) }),
});
export type Manifest = z.infer<typeof manifest>;

const helm = (...args: string[]): string =>
  execFileSync(testTools.helm, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

const withValues = <T>(values: unknown, use: (file: string) => T): T => {
  const dir = mkdtempSync(join(tmpdir(), "k8shell-values-"));
  try {
    const file = join(dir, "values.yaml");
    writeFileSync(file, stringify(values));
    return use(file);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

/** What `helm template` renders with values, for a Kubernetes version such as `1.34.0`. */
export const render = (values: unknown, kubeVersion = "1.34.0"): Manifest[] =>
  withValues(values, (file) =>
    parseAllDocuments(
      helm("template", "shop", chart, "--namespace", "k8s", "--kube-version", kubeVersion, "-f", file),
    )
      .map((document) => document.toJS())
      .filter((value) => value !== null)
      .map((value) => manifest.parse(value)),
  );

/** What `helm lint --strict` says. @throws when it finds something */
export const lint = (values: unknown): string =>
  withValues(values, (file) => helm("lint", "--strict", "--kube-version", "1.34.0", chart, "-f", file));
