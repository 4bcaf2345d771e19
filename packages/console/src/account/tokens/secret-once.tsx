import { useEffect, useRef } from "react";
import { useI18n } from "../../i18n/i18n.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";

/** A secret that is never shown again. */
export const SecretOnce = ({ title, text, secret }: { title: string; text: string; secret: string }) => {
  const { t } = useI18n();
  const place = useRef<HTMLElement>(null);
  // It appears where a form was: the keyboard goes with it.
  useEffect(() => place.current?.focus(), []);
  return (
    <section
      ref={place}
      tabIndex={-1}
      aria-label={title}
      className="grid gap-3 rounded-xl border border-good bg-good-soft p-4 outline-none"
    >
      <h2 className="font-semibold text-good">{title}</h2>
      <p className="text-sm">{text}</p>
      <div className="flex items-center gap-2 rounded-lg border border-line bg-paper p-1 pl-3">
        <code className="min-w-0 grow text-sm break-all" data-secret>
          {secret}
        </code>
        <CopyButton text={secret} label={t("app.copy")} />
      </div>
    </section>
  );
};
