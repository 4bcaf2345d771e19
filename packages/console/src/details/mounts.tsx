import type { SystemInfo } from "@k8shell/sdk";
import { useI18n } from "../i18n/i18n.tsx";
import { Cell, Head, Table } from "../ui/table.tsx";

/** The file systems of a workspace and how full they are. */
export const Mounts = ({ mounts }: { mounts: SystemInfo["mounts"] }) => {
  const { t, bytes, percent } = useI18n();
  const shown = mounts.filter(({ totalBytes, readOnly }) => totalBytes > 0 && !readOnly);
  if (shown.length === 0) return null;
  return (
    <Table
      label={t("details.mounts")}
      head={
        <>
          <Head>{t("details.mount")}</Head>
          <Head>{t("details.used")}</Head>
          <Head>{t("details.free")}</Head>
          <Head>{t("details.fsType")}</Head>
        </>
      }
    >
      {shown.map(({ mountPoint, usedBytes, totalBytes, availableBytes, declaredSize, fsType }) => {
        const size = declaredSize > 0 ? declaredSize : totalBytes;
        return (
          <tr key={mountPoint}>
            <Cell className="font-mono text-xs">{mountPoint}</Cell>
            <Cell>
              <div className="flex items-center gap-3">
                <progress
                  className="h-2 w-28 accent-(--accent)"
                  max={size}
                  value={Math.min(usedBytes, size)}
                  aria-label={t("details.used")}
                />
                <span className="whitespace-nowrap tabular-nums">
                  {bytes(usedBytes)} ({percent(usedBytes / size)})
                </span>
              </div>
            </Cell>
            <Cell className="whitespace-nowrap tabular-nums">{bytes(availableBytes)}</Cell>
            <Cell>{fsType}</Cell>
          </tr>
        );
      })}
    </Table>
  );
};
