import { useState } from "react";
import { useI18n } from "../../i18n/i18n.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { expiryDays } from "./expiry.ts";

/** How long a token is good for: the fields `expiry` and, for a day of choice, `date`. */
export const ExpiryFields = ({ limit }: { limit: string | undefined }) => {
  const { t } = useI18n();
  const [choice, setChoice] = useState("90");
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <SelectField
        name="expiry"
        label={t("tokens.expires")}
        hint={limit === undefined || limit === "never" ? undefined : t("tokens.expires.limit", { limit })}
        value={choice}
        onChange={({ target }) => setChoice(target.value)}
      >
        {expiryDays.map((days) => (
          <option key={days} value={days}>
            {t("tokens.expires.days", { days })}
          </option>
        ))}
        <option value="date">{t("tokens.expires.date")}</option>
        <option value="never">{t("tokens.expires.never")}</option>
      </SelectField>
      {choice === "date" ? (
        <TextField name="date" type="date" label={t("tokens.expires.day")} min={tomorrow} required />
      ) : null}
    </div>
  );
};
