import type { FileInfo } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useI18n } from "../i18n/i18n.tsx";
import { buttonClass } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Waiting } from "../ui/page.tsx";
import { loadPreview, mostText } from "./preview.ts";
import { downloadAddress } from "./queries.ts";

/** Shows the content of a text or a picture. */
export const PreviewDialog = ({
  workspace,
  entry,
  onClose,
  returnFocus,
}: {
  workspace: string;
  entry: FileInfo;
  onClose(): void;
  returnFocus(): void;
}) => {
  const { t, bytes, date } = useI18n();
  const { data, error, refetch } = useQuery({
    queryKey: ["preview", workspace, entry.path, entry.etag ?? entry.modTime],
    queryFn: ({ signal }) => loadPreview(workspace, entry.path, entry.size, signal),
    gcTime: 0,
  });
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      returnFocus={returnFocus}
      title={entry.name}
      description={[bytes(entry.size), entry.mode, date(entry.modTime)].join(" · ")}
    >
      <Waiting data={data} error={error} refetch={refetch} />
      {data?.kind === "text" ? (
        <>
          <pre
            className="max-h-[60vh] overflow-auto rounded-lg border border-line bg-sheet p-3 font-mono text-xs leading-5"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable (WCAG 2.1.1)
            tabIndex={0}
          >
            {data.text}
          </pre>
          {data.cut ? (
            <p className="text-sm text-warn">{t("files.preview.cut", { size: bytes(mostText) })}</p>
          ) : null}
        </>
      ) : null}
      {data?.kind === "picture" ? (
        <img
          src={data.url}
          alt={entry.name}
          className="max-h-[60vh] max-w-full justify-self-center rounded-lg border border-line bg-[repeating-conic-gradient(#8884_0_25%,transparent_0_50%)] bg-size-[16px_16px] object-contain"
        />
      ) : null}
      {data?.kind === "binary" ? <p className="text-sm text-quiet">{t("files.preview.binary")}</p> : null}
      {data?.kind === "large" ? <p className="text-sm text-quiet">{t("files.preview.large")}</p> : null}
      <div className="flex justify-end">
        <a href={downloadAddress(workspace, entry.path)} download={entry.name} className={buttonClass()}>
          <Download size={16} aria-hidden />
          {t("files.download")}
        </a>
      </div>
    </Dialog>
  );
};
