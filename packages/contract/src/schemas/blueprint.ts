import { z } from "zod";

/** rest-contract 2.10. */
export const blueprintSummary = z
  .object({ name: z.string(), description: z.string().optional(), isTemplate: z.boolean().optional() })
  .meta({ id: "BlueprintSummary", description: "A blueprint in a list." });

const text = z.string().optional();

export const appSpec = z
  .object({
    name: text,
    enabled: z.boolean().optional(),
    binary: text,
    versionCmd: text,
    versionRegex: text,
    install: text,
    start: z.array(z.string()).optional(),
    listen: z.int().optional(),
    restartPolicy: text,
    maxRestartBackoff: z.union([z.int(), z.string()]).optional(),
    installAsRoot: z.boolean().optional(),
    autoStart: z.boolean().optional(),
    protocol: text,
  })
  .meta({ id: "AppSpec", description: "An app that a blueprint offers." });

/** A composed blueprint as JSON. Keys of deeper Kubernetes objects are passed as they are. */
export const blueprintDocument = z
  .object({
    metadata: z
      .object({ name: text, repoName: text, repoRef: text, repoOwner: text, repoAddress: text })
      .optional(),
    name: text,
    description: text,
    isTemplate: z.boolean().optional(),
    splash: text,
    template: text,
    hostname: text,
    subdomain: text,
    image: text,
    imagePullPolicy: text,
    k8shelld: z.looseObject({}).optional(),
    env: z.record(z.string(), z.string()).optional(),
    network: z.looseObject({}).optional(),
    resources: z.looseObject({ cpu: text, memory: text }).optional(),
    podman: z.looseObject({}).optional(),
    storages: z.looseObject({}).optional(),
    initScripts: z.array(z.object({ name: z.string(), script: z.string() })).optional(),
    showInitScriptStatus: z.boolean().optional(),
    securityContext: z.looseObject({}).optional(),
    extFiles: z.looseObject({}).optional(),
    enableApps: z.boolean().optional(),
    apps: z.record(z.string(), appSpec).optional(),
  })
  .meta({ id: "Blueprint", description: "A blueprint with its templates applied." });
