import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { loadPart } from "../app/load-part.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Failure, Loading } from "../ui/page.tsx";
import { type UsageSample, usageQuery } from "../workspace/queries.ts";
import { Mounts } from "./mounts.tsx";

const Chart = lazy(async () => ({ default: (await loadPart(() => import("./chart.tsx"))).Chart }));

const mebi = 1024 ** 2;

/** The file system that holds the user's files: the first that is neither read-only nor temporary. */
export const mainMount = ({ info }: UsageSample) =>
  info.mounts.find(({ isLikelyTemp, readOnly, totalBytes }) => !isLikelyTemp && !readOnly && totalBytes > 0);

const UsageCard = ({
  title,
  samples,
  measure,
  limit,
  format,
}: {
  title: string;
  samples: readonly UsageSample[];
  measure(sample: UsageSample): number;
  limit: number | undefined;
  format(value: number): string;
}) => {
  const { t, percent } = useI18n();
  const series = useMemo(
    () => ({ times: samples.map(({ time }) => time), values: samples.map(measure) }),
    [samples, measure],
  );
  const now = series.values.at(-1) ?? 0;
  const limited = limit !== undefined && limit > 0;
  const words = limited
    ? t("details.of", { used: format(now), limit: format(limit), share: percent(now / limit) })
    : format(now);
  return (
    <section aria-label={title} className="grid min-w-0 gap-2 rounded-xl border border-line bg-raised p-4">
      <div>
        <h3 className="text-sm text-quiet">{title}</h3>
        <p className="flex flex-wrap items-baseline gap-x-2 tabular-nums">
          <span className="text-xl font-semibold">{format(now)}</span>
          {limited ? (
            <span className="text-sm text-quiet">
              {t("details.ofLimit", { limit: format(limit), share: percent(now / limit) })}
            </span>
          ) : null}
        </p>
      </div>
      <Suspense fallback={<div className="h-30" />}>
        <Chart
          label={`${title}: ${words}`}
          series={series}
          limit={limited ? limit : undefined}
          format={format}
        />
      </Suspense>
    </section>
  );
};

const cpuOf = ({ info }: UsageSample) => info.system.cpuUsageMillicores;
const memoryOf = ({ info }: UsageSample) => info.system.memoryUsageMiB * mebi;
const diskOf = (sample: UsageSample) => mainMount(sample)?.usedBytes ?? 0;

/** What a running workspace uses, over time, and its file systems. */
export const UsageSection = ({ name }: { name: string }) => {
  const { t, bytes, language } = useI18n();
  const { data: samples, error, refetch } = useQuery(usageQuery(name));
  const cores = useMemo(() => {
    const format = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
    return (millicores: number) => t("details.cores", { count: format.format(millicores / 1000) });
  }, [language, t]);
  const last = samples?.at(-1);
  if (!samples || !last) {
    return error ? <Failure error={error} onRetry={() => void refetch()} /> : <Loading />;
  }
  const { system, mounts } = last.info;
  const disk = mainMount(last);
  return (
    <>
      <div className="grid grid-cols-1 gap-4 md:grid-cols-3">
        <UsageCard
          title={t("details.cpu")}
          samples={samples}
          measure={cpuOf}
          limit={system.cpuLimitMillicores}
          format={cores}
        />
        <UsageCard
          title={t("details.memory")}
          samples={samples}
          measure={memoryOf}
          limit={system.memLimitMiB * mebi}
          format={bytes}
        />
        {disk ? (
          <UsageCard
            title={t("details.disk", { place: disk.mountPoint })}
            samples={samples}
            measure={diskOf}
            limit={disk.declaredSize > 0 ? disk.declaredSize : disk.totalBytes}
            format={bytes}
          />
        ) : null}
      </div>
      <Mounts mounts={mounts} />
    </>
  );
};
