import { useQuery } from "@tanstack/react-query";
import { ExternalLink, Share2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";
import { ActionsHead, Cell, Head, Table } from "../ui/table.tsx";
import { useToasts } from "../ui/toast.tsx";
import { openInWindow } from "./open-in-window.ts";
import { OpenPort } from "./open-port.tsx";
import { portsQuery } from "./queries.ts";

const portOf = (text: string): number | undefined => {
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
};

/** Opens any port of the workspace, and lists those that are shared. */
export const PortsSection = ({
  name,
  refusal,
  onShare,
}: {
  name: string;
  refusal: string | undefined;
  onShare(port: number): void;
}) => {
  const { t } = useI18n();
  const toasts = useToasts();
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(false);
  const { data: ports } = useQuery({ ...portsQuery(name), enabled: refusal === undefined });

  const withPort = (act: (port: number) => void) => {
    const port = portOf(text);
    setWrong(port === undefined);
    if (port !== undefined) act(port);
  };
  const open = (event: FormEvent) => {
    event.preventDefault();
    if (refusal !== undefined) return;
    withPort((port) => void openInWindow(name, port).catch(toasts.fail));
  };

  return (
    <section className="grid gap-3" aria-labelledby="ports-heading">
      <div>
        <h2 id="ports-heading" className="text-base font-semibold">
          {t("ports.title")}
        </h2>
        <p className="text-sm text-quiet">{t("ports.text")}</p>
      </div>
      <form className="flex flex-wrap items-start gap-2" onSubmit={open}>
        <div className="w-44">
          <TextField
            label={t("ports.port")}
            inputMode="numeric"
            placeholder="3000"
            value={text}
            error={wrong ? t("ports.wrong") : undefined}
            onChange={(event) => {
              setText(event.target.value);
              setWrong(false);
            }}
          />
        </div>
        <div className="flex gap-2 pt-6">
          <Button type="submit" refusal={refusal}>
            <ExternalLink size={16} aria-hidden />
            {t("apps.open")}
          </Button>
          <Button refusal={refusal} onClick={() => withPort(onShare)}>
            <Share2 size={16} aria-hidden />
            {t("apps.share")}
          </Button>
        </div>
      </form>
      {ports && ports.length > 0 ? (
        <Table
          label={t("ports.shared")}
          head={
            <>
              <Head>{t("ports.port")}</Head>
              <Head>{t("ports.who")}</Head>
              <Head>{t("ports.links")}</Head>
              <ActionsHead />
            </>
          }
        >
          {ports.map(({ port, share, links }) => (
            <tr key={port}>
              <Cell className="font-semibold tabular-nums">{port}</Cell>
              <Cell>{t(`ports.share.${share}`)}</Cell>
              <Cell className="tabular-nums">{links.length}</Cell>
              <Cell>
                <div className="flex justify-end gap-2">
                  <OpenPort name={name} port={port} refusal={refusal} />
                  <Button
                    refusal={refusal}
                    aria-label={t("ports.manage.port", { port })}
                    onClick={() => onShare(port)}
                  >
                    {t("ports.manage")}
                  </Button>
                </div>
              </Cell>
            </tr>
          ))}
        </Table>
      ) : null}
    </section>
  );
};
