import { useVirtualizer } from "@tanstack/react-virtual";
import {
  ChevronDown,
  ChevronUp,
  CircleCheck,
  FileUp,
  Pause,
  Play,
  Replace,
  TriangleAlert,
  X,
} from "lucide-react";
import { memo, type RefCallback, useRef, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import type { Upload, UploadQueue } from "./upload-queue.ts";

interface RowProps {
  readonly upload: Upload;
  readonly queue: UploadQueue;
  /** Its place in the list, from 0, and how many there are. */
  readonly index: number;
  readonly count: number;
  /** Pixels from the beginning of the list. */
  readonly top: number;
  readonly measure: RefCallback<HTMLLIElement>;
}

/** One upload: how far it is, and what can be done with it. */
const Row = memo(({ upload, queue, index, count, top, measure }: RowProps) => {
  const { t, bytes, percent, explain } = useI18n();
  const { id, name, size, path, sent, state, problem } = upload;
  const picker = useRef<HTMLInputElement>(null);
  /** Another file was chosen than the one that has begun. */
  const [isOther, setIsOther] = useState(false);
  const share = size === 0 ? (state === "done" ? 1 : 0) : sent / size;
  return (
    <li
      ref={measure}
      className="absolute inset-x-0 grid gap-1 px-3 py-2"
      style={{ top }}
      aria-posinset={index + 1}
      aria-setsize={count}
      data-index={index}
      data-upload={name}
      data-state={state}
    >
      <div className="flex items-center gap-2">
        {state === "done" ? <CircleCheck size={16} aria-hidden className="shrink-0 text-good" /> : null}
        {state === "failed" || state === "exists" ? (
          <TriangleAlert size={16} aria-hidden className="shrink-0 text-danger" />
        ) : null}
        <span className="min-w-0 grow truncate text-sm" title={path}>
          {name}
        </span>
        <span className="text-xs whitespace-nowrap text-quiet tabular-nums">
          {state === "done"
            ? bytes(size)
            : t("files.upload.progress", {
                sent: bytes(sent),
                size: bytes(size),
                share: percent(share),
              })}
        </span>
        {state === "sending" || state === "waiting" ? (
          <IconButton label={t("files.upload.pause", { name })} onClick={() => queue.pause(id)}>
            <Pause size={14} aria-hidden />
          </IconButton>
        ) : null}
        {state === "paused" || state === "failed" ? (
          <IconButton label={t("files.upload.resume", { name })} onClick={() => queue.resume(id)}>
            <Play size={14} aria-hidden />
          </IconButton>
        ) : null}
        <IconButton
          label={t(state === "done" ? "files.upload.dismiss" : "files.upload.cancel", { name })}
          onClick={() => queue.cancel(id)}
        >
          <X size={14} aria-hidden />
        </IconButton>
      </div>
      {state === "done" ? null : (
        <progress
          className="h-1.5 w-full accent-(--accent)"
          max={1}
          value={share}
          aria-label={t("files.upload.of", { name })}
        />
      )}
      {problem !== undefined ? <p className="text-xs text-danger">{explain(problem)}</p> : null}
      {state === "paused" ? <p className="text-xs text-quiet">{t("files.upload.paused")}</p> : null}
      {state === "left" ? (
        <div className="flex items-center gap-2">
          <p role={isOther ? "alert" : undefined} className="grow text-xs text-quiet">
            {t(isOther ? "files.upload.other" : "files.upload.left")}
          </p>
          <input
            ref={picker}
            type="file"
            hidden
            onChange={({ currentTarget: field }) => {
              const [file] = field.files ?? [];
              if (file) setIsOther(!queue.choose(id, file));
              field.value = "";
            }}
          />
          <Button
            className="min-h-8"
            aria-label={t("files.upload.again", { name })}
            onClick={() => picker.current?.click()}
          >
            <FileUp size={14} aria-hidden />
            {t("files.upload.choose")}
          </Button>
        </div>
      ) : null}
      {state === "exists" ? (
        <div className="flex items-center gap-2">
          <p className="grow text-xs text-danger">{t("files.upload.exists")}</p>
          <Button className="min-h-8" onClick={() => queue.replace(id)}>
            <Replace size={14} aria-hidden />
            {t("files.upload.replace")}
          </Button>
        </div>
      ) : null}
    </li>
  );
});

/** A row with nothing to say beside its progress, pixels; each is measured when it is seen. */
const usualRow = 61;

/** The uploads one below the other. Only those in sight are in the page: a folder may have thousands of files. */
const Rows = ({ uploads, queue }: { uploads: readonly Upload[]; queue: UploadQueue }) => {
  const place = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: uploads.length,
    getScrollElement: () => place.current,
    getItemKey: (index) => uploads[index]?.id ?? index,
    estimateSize: () => usualRow,
    overscan: 4,
  });
  return (
    <div ref={place} className="max-h-72 overflow-auto">
      <ul className="relative divide-y divide-line" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const upload = uploads[index];
          return upload ? (
            <Row
              key={upload.id}
              upload={upload}
              queue={queue}
              index={index}
              count={uploads.length}
              top={start}
              measure={virtual.measureElement}
            />
          ) : null;
        })}
      </ul>
    </div>
  );
};

/** What is being uploaded, at the foot of every page. */
export const UploadTray = ({ uploads, queue }: { uploads: readonly Upload[]; queue: UploadQueue }) => {
  const { t } = useI18n();
  const [folded, setFolded] = useState(false);
  const done = uploads.filter(({ state }) => state === "done").length;
  const Fold = folded ? ChevronUp : ChevronDown;
  return (
    <section
      aria-label={t("files.uploads")}
      className="fixed right-4 bottom-4 z-30 w-[min(26rem,92vw)] overflow-hidden rounded-xl border border-line bg-raised shadow-xl"
    >
      <div className="flex items-center gap-1 border-b border-line py-1 pr-1 pl-3">
        <p role="status" className="grow text-sm font-semibold">
          {done === uploads.length
            ? t("files.upload.allDone", { count: done })
            : t("files.upload.some", { done, count: uploads.length })}
        </p>
        {done > 0 ? (
          <Button tone="quiet" className="min-h-8" onClick={queue.clear}>
            {t("files.upload.clear")}
          </Button>
        ) : null}
        <IconButton label={t("files.upload.fold")} aria-expanded={!folded} onClick={() => setFolded(!folded)}>
          <Fold size={16} aria-hidden />
        </IconButton>
      </div>
      {folded ? null : <Rows uploads={uploads} queue={queue} />}
    </section>
  );
};
