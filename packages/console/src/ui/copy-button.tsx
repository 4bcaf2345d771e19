import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { IconButton } from "./button.tsx";

/** Puts `text` into the clipboard. */
export const CopyButton = ({ text }: { text: string }) => {
  const { t } = useI18n();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <IconButton
      label={copied ? t("app.copied") : t("app.copy")}
      onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
    >
      {copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
    </IconButton>
  );
};
