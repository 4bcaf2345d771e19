import type { Repo } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { Lock } from "lucide-react";
import { useState } from "react";
import { useMay } from "../app/use-may.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { SelectField, TextField } from "../ui/field.tsx";
import { FormProblem } from "../ui/form.tsx";
import { Loading } from "../ui/page.tsx";
import { matchingRepos } from "./matching-repos.ts";
import { repoOwnersQuery, reposQuery } from "./queries.ts";

/** More repositories than these are not shown at once. */
const shownRepos = 50;

/** The repositories of an owner, to choose one; what is typed is the name of one that is not in the list. */
const RepoList = ({ owner, onChoose }: { owner: string; onChoose(repo: Repo): void }) => {
  const { t, explain } = useI18n();
  const { data, error } = useQuery(reposQuery(owner));
  const [typed, setTyped] = useState("");
  const found = matchingRepos(data ?? [], typed);
  return (
    <Command shouldFilter={false} label={t("create.repo")} className="grid gap-1">
      <span aria-hidden className="text-sm font-medium">
        {t("create.repo")}
      </span>
      <div className="overflow-hidden rounded-lg border border-line bg-paper">
        <Command.Input
          name="repository"
          required
          value={typed}
          onValueChange={setTyped}
          placeholder={t("create.repos.find")}
          className="min-h-9 w-full border-b border-line bg-transparent px-3 text-sm text-ink placeholder:text-quiet"
        />
        <Command.List label={t("create.repo")} className="max-h-64 overflow-y-auto p-1">
          {found.slice(0, shownRepos).map((repo) => (
            <Command.Item
              key={repo.fullName}
              value={repo.fullName}
              onSelect={() => onChoose(repo)}
              className="flex min-h-9 cursor-default items-center gap-2 rounded-md px-2 text-sm data-[selected=true]:bg-accent-soft"
            >
              <span className="shrink-0 font-medium">{repo.name}</span>
              {repo.private ? <Lock size={14} aria-label={t("create.repos.private")} /> : null}
              <span className="min-w-0 truncate text-quiet">{repo.description}</span>
            </Command.Item>
          ))}
        </Command.List>
        <p role="status" className="px-3 pb-2 text-xs text-quiet empty:hidden">
          {data === undefined && !error ? t("app.loading") : null}
          {found.length > shownRepos ? t("create.repos.more", { count: found.length - shownRepos }) : null}
          {data && found.length === 0 ? t("create.repos.none") : null}
        </p>
      </div>
      <FormProblem problem={error ? t("create.repos.failed", { reason: explain(error) }) : undefined} />
    </Command>
  );
};

/** The repository that was chosen, and the way back to the list. */
const Chosen = ({ repo, onBack }: { repo: Repo; onBack(): void }) => {
  const { t } = useI18n();
  return (
    <div className="flex flex-wrap items-center gap-3 rounded-lg border border-accent bg-accent-soft p-3 text-sm">
      <input type="hidden" name="repository" value={repo.name} />
      <div className="min-w-0 grow">
        <p className="font-semibold">
          {repo.fullName} {repo.private ? <Badge>{t("create.repos.private")}</Badge> : null}
        </p>
        {repo.description ? <p className="text-quiet">{repo.description}</p> : null}
      </div>
      <Button autoFocus onClick={onBack}>
        {t("create.repos.change")}
      </Button>
    </div>
  );
};

/** Fields that name a repository: chosen from those that the person's provider lists, or typed. */
export const RepositoryFields = () => {
  const { t, explain } = useI18n();
  const allowed = useMay()("user:read:repos").allowed;
  const { data: owners, error } = useQuery({ ...repoOwnersQuery, enabled: allowed });
  const [owner, setOwner] = useState<string>();
  const [repo, setRepo] = useState<Repo>();
  if (allowed && owners === undefined && !error) return <Loading />;
  const listed = owners !== undefined && owners.length > 0;
  /** The owner whose repositories are listed; none: the names are typed. */
  const from = listed ? (owner ?? owners[0]?.login) : undefined;
  return (
    <>
      <FormProblem problem={error ? t("create.repos.failed", { reason: explain(error) }) : undefined} />
      {listed ? (
        <SelectField
          label={t("create.owner")}
          value={from}
          // The field for another owner has the name then.
          name={from === "" ? undefined : "owner"}
          onChange={(event) => {
            setOwner(event.target.value);
            setRepo(undefined);
          }}
        >
          {owners.map(({ login }) => (
            <option key={login}>{login}</option>
          ))}
          <option value="">{t("create.owner.other")}</option>
        </SelectField>
      ) : null}
      {from ? (
        repo ? (
          <Chosen repo={repo} onBack={() => setRepo(undefined)} />
        ) : (
          <RepoList key={from} owner={from} onChoose={setRepo} />
        )
      ) : (
        <>
          <TextField
            name="owner"
            label={t(listed ? "create.owner.typed" : "create.owner")}
            hint={t("create.owner.hint")}
          />
          <TextField name="repository" label={t("create.repo")} required />
        </>
      )}
      <TextField
        name="ref"
        label={t("create.ref")}
        placeholder={repo?.defaultBranch}
        hint={t("create.ref.hint")}
      />
    </>
  );
};
