import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { Button, IconButton } from "./button.tsx";
import { copyText } from "./copy-text.ts";

/** Puts `text` into the clipboard; with a `label` it is a button with words, otherwise a picture that `name` tells of. */
export const CopyButton = ({ text, label, name }: { text: string; label?: string; name?: string }) => {
  const { t } = useI18n();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const icon = copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />;
  const copy = () =>
    void copyText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  if (label !== undefined) {
    return (
      <Button onClick={copy}>
        {icon}
        <span aria-live="polite">{copied ? t("app.copied") : label}</span>
      </Button>
    );
  }
  return (
    <IconButton label={copied ? t("app.copied") : (name ?? t("app.copy"))} onClick={copy}>
      {icon}
    </IconButton>
  );
};
