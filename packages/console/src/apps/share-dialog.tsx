import type { PortLink, WorkspacePort } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { k8shell } from "../app/server.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Button, DeleteButton } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { SelectField } from "../ui/field.tsx";
import { FormProblem } from "../ui/form.tsx";
import { Loading } from "../ui/page.tsx";
import { useRefresh } from "../ui/use-refresh.ts";
import { portQuery, portsQuery } from "./queries.ts";

const shares = ["owner", "organization", "authenticated", "public"] as const;
const hour = 3600;
const lifetimes = [
  ["ports.link.hour", hour],
  ["ports.link.day", 24 * hour],
  ["ports.link.week", 7 * 24 * hour],
  ["ports.link.month", 30 * 24 * hour],
] as const;

/** An address in a box that can be selected and copied. */
const Address = ({ url }: { url: string }) => (
  <div className="flex items-center gap-1 rounded-lg border border-line bg-sheet pl-3">
    <code className="min-w-0 grow py-2 text-xs break-all">{url}</code>
    <CopyButton text={url} />
  </div>
);

/** Who may use a port of a workspace: the kind of people, and links for people without an account. */
export const ShareDialog = ({ name, port, onClose }: { name: string; port: number; onClose(): void }) => {
  const { t, explain } = useI18n();
  const { data, error } = useQuery(portQuery(name, port));
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("ports.dialog.title", { port })}
      description={t("ports.dialog.text")}
    >
      {error ? (
        <FormProblem problem={explain(error)} />
      ) : data ? (
        <ShareForm name={name} port={data} />
      ) : (
        <Loading />
      )}
    </Dialog>
  );
};

const ShareForm = ({ name, port: { port, url, share, links } }: { name: string; port: WorkspacePort }) => {
  const { t, date, explain } = useI18n();
  const refresh = useRefresh(portsQuery(name).queryKey);
  const [problem, setProblem] = useState<string>();
  // What was chosen is shown at once, and what is true when it has been told.
  const [chosen, setChosen] = useState<WorkspacePort["share"]>();
  const [made, setMade] = useState<PortLink>();
  const [seconds, setSeconds] = useState(24 * hour);

  const change = async (act: () => Promise<unknown>) => {
    setProblem(undefined);
    try {
      await act();
    } catch (error) {
      setProblem(explain(error));
    }
    await refresh();
    setChosen(undefined);
  };

  return (
    <div className="grid gap-5">
      <Address url={url} />
      <fieldset className="grid gap-2">
        <legend className="mb-1 text-sm font-semibold">{t("ports.who")}</legend>
        {shares.map((choice) => (
          <label
            key={choice}
            className="flex gap-3 rounded-lg border border-line p-3 text-sm has-checked:border-accent has-checked:bg-accent-soft"
          >
            <input
              type="radio"
              name="share"
              className="mt-0.5 accent-(--accent)"
              checked={(chosen ?? share) === choice}
              onChange={() => {
                setChosen(choice);
                void change(() => k8shell.api.setPort({ name, port, body: { share: choice } }));
              }}
            />
            <span>
              <span className="font-medium">{t(`ports.share.${choice}`)}</span>
              <span className="block text-quiet">{t(`ports.share.${choice}.text`)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <section className="grid gap-2" aria-labelledby="links-heading">
        <h3 id="links-heading" className="text-sm font-semibold">
          {t("ports.links")}
        </h3>
        <p className="text-sm text-quiet">{t("ports.links.text")}</p>
        {links.length > 0 ? (
          <ul className="divide-y divide-line rounded-lg border border-line">
            {links.map((link) => (
              <li key={link.id} className="flex items-center gap-3 px-3 py-1 text-sm">
                <span className="grow">
                  {t("ports.link.until", { date: date(link.expiresAt), user: link.createdBy })}
                </span>
                <DeleteButton
                  label={t("ports.link.withdraw")}
                  onClick={() =>
                    void change(async () => {
                      await k8shell.api.deletePortLink({ name, port, id: link.id });
                      if (made?.id === link.id) setMade(undefined);
                    })
                  }
                />
              </li>
            ))}
          </ul>
        ) : null}
        {made ? (
          <div className="grid gap-1">
            <p role="status" className="text-sm text-good">
              {t("ports.link.once")}
            </p>
            <Address url={made.url} />
          </div>
        ) : null}
        <div className="flex items-end gap-2">
          <div className="w-40">
            <SelectField
              label={t("ports.link.for")}
              value={seconds}
              onChange={(event) => setSeconds(Number(event.target.value))}
            >
              {lifetimes.map(([key, value]) => (
                <option key={key} value={value}>
                  {t(key)}
                </option>
              ))}
            </SelectField>
          </div>
          <Button
            onClick={() =>
              void change(async () => {
                setMade(await k8shell.api.createPortLink({ name, port, body: { expires_in: seconds } }));
              })
            }
          >
            {t("ports.link.make")}
          </Button>
        </div>
      </section>
      <FormProblem problem={problem} />
      {share !== "owner" || links.length > 0 ? (
        <div>
          <Button
            tone="danger"
            onClick={() =>
              void change(async () => {
                await k8shell.api.unsharePort({ name, port });
                setMade(undefined);
              })
            }
          >
            {t("ports.unshare")}
          </Button>
        </div>
      ) : null}
    </div>
  );
};
