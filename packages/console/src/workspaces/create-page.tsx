import {
  type CreatedWorkspace,
  type JobResult,
  K8shellError,
  type WorkspaceCreateRequest,
  type WorkspaceDetails,
} from "@k8shell/sdk";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { profileQuery } from "../app/queries.ts";
import { k8shell } from "../app/server.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Button, buttonClass } from "../ui/button.tsx";
import { SelectField } from "../ui/field.tsx";
import { FormProblem, textOf } from "../ui/form.tsx";
import { Page } from "../ui/page.tsx";
import { useRefresh } from "../ui/use-refresh.ts";
import { JobProgress } from "./job-progress.tsx";
import { blueprintsQuery, workspacesQuery } from "./queries.ts";
import { RepositoryFields } from "./repository-fields.tsx";

type Source = "blueprint" | "repository";

/** Whether a workspace is what was asked for; what was left empty fits all. */
const isMadeFrom = (workspace: WorkspaceDetails, request: WorkspaceCreateRequest): boolean =>
  // Those from repositories name a blueprint too.
  (!request.blueprint || !workspace.repoName) &&
  (["username", "blueprint", "repoOwner", "repoName", "repoRef"] as const).every(
    (key) => !request[key] || workspace[key] === request[key],
  );

const OpenLink = ({ name }: { name: string }) => {
  const { t } = useI18n();
  return (
    <div>
      <Link to="/workspaces/$name/terminal" params={{ name }} className={buttonClass("primary")}>
        {t("create.openIt")}
      </Link>
    </div>
  );
};

/** Makes a workspace from a blueprint or a repository and shows how it goes. */
export const CreatePage = () => {
  const { t, explain } = useI18n();
  const refresh = useRefresh(workspacesQuery.queryKey);
  const [source, setSource] = useState<Source>("blueprint");
  const [result, setResult] = useState<JobResult>();
  const { data: profile } = useQuery(profileQuery);
  const { data: blueprints } = useQuery(blueprintsQuery);
  const { data: workspaces } = useQuery(workspacesQuery);
  // `*` stands for every blueprint: the names beside it are what can be chosen.
  const choices = blueprints?.filter((name) => name !== "*") ?? [];
  const create = useMutation<CreatedWorkspace, unknown, WorkspaceCreateRequest>({
    mutationFn: (request) => k8shell.createWorkspace(request),
    onMutate: () => setResult(undefined),
    onSettled: refresh,
  });

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const username = profile?.username;
    create.mutate(
      source === "blueprint"
        ? { username, blueprint: textOf(form, "blueprint") }
        : {
            username,
            repoOwner: textOf(form, "owner"),
            repoName: textOf(form, "repository"),
            repoRef: textOf(form, "ref"),
          },
    );
  };

  const taken = create.error instanceof K8shellError && create.error.code === "already_exists";
  const existing = taken
    ? workspaces?.find((workspace) => isMadeFrom(workspace, create.variables ?? {}))
    : undefined;
  const noChoice = source === "blueprint" && choices.length === 0;
  return (
    <Page title={t("create.title")}>
      <form className="grid max-w-xl gap-4" onSubmit={submit}>
        <fieldset className="grid gap-2">
          <legend className="text-sm font-medium">{t("create.from")}</legend>
          <div className="flex gap-4 pt-1">
            {(["blueprint", "repository"] as const).map((value) => (
              <label key={value} className="flex items-center gap-2 text-sm">
                <input
                  type="radio"
                  name="source"
                  className="accent-(--accent)"
                  checked={source === value}
                  onChange={() => setSource(value)}
                />
                {t(`create.${value}`)}
              </label>
            ))}
          </div>
        </fieldset>
        {source === "blueprint" ? (
          <SelectField
            name="blueprint"
            label={t("create.blueprint")}
            error={blueprints && noChoice ? t("create.blueprint.none") : undefined}
            required
          >
            {choices.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </SelectField>
        ) : (
          <RepositoryFields />
        )}
        <FormProblem problem={create.error ? explain(create.error) : undefined} />
        <div>
          <Button tone="primary" type="submit" disabled={create.isPending || noChoice}>
            {t("create.submit")}
          </Button>
        </div>
      </form>
      {create.data ? (
        <JobProgress
          key={create.data.jobId}
          jobId={create.data.jobId}
          workspace={create.data.workspace}
          onEnd={(end) => {
            setResult(end);
            void refresh();
          }}
        />
      ) : null}
      {existing ? <OpenLink name={existing.name} /> : null}
      {create.data && result?.succeeded ? <OpenLink name={create.data.workspace} /> : null}
    </Page>
  );
};
