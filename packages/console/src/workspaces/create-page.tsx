import type { CreatedWorkspace, JobResult, WorkspaceCreateRequest } from "@k8shell/sdk";
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

/** Makes a workspace from a blueprint or a repository and shows how it goes. */
export const CreatePage = () => {
  const { t, explain } = useI18n();
  const refresh = useRefresh(workspacesQuery.queryKey);
  const [source, setSource] = useState<Source>("blueprint");
  const [result, setResult] = useState<JobResult>();
  const { data: profile } = useQuery(profileQuery);
  const { data: blueprints } = useQuery(blueprintsQuery);
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

  const noChoice = source === "blueprint" && blueprints !== undefined && choices.length === 0;
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
            error={noChoice ? t("create.blueprint.none") : undefined}
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
      {create.data && result?.succeeded ? (
        <div>
          <Link
            to="/workspaces/$name/terminal"
            params={{ name: create.data.workspace }}
            className={buttonClass("primary")}
          >
            {t("create.openIt")}
          </Link>
        </div>
      ) : null}
    </Page>
  );
};
