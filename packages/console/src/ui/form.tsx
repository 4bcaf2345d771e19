import { type FormEvent, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";

/** The text of a field, without blanks around it; undefined when empty. */
export const textOf = (form: FormData, name: string): string | undefined => {
  const value = form.get(name);
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
};

/** Why a form was not taken, where its fields end. */
export const FormProblem = ({ problem }: { problem: string | undefined }) =>
  problem ? (
    <p role="alert" className="rounded-lg bg-danger-soft p-3 text-sm text-danger">
      {problem}
    </p>
  ) : null;

/**
 * What a form does when it is sent: busy meanwhile, and a problem when it failed.
 * @param send is given what was filled in, and the form
 */
export const useForm = (send: (form: FormData, element: HTMLFormElement) => Promise<unknown>) => {
  const { explain } = useI18n();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(undefined);
    send(new FormData(event.currentTarget), event.currentTarget)
      .catch((error: unknown) => setProblem(explain(error)))
      .finally(() => setBusy(false));
  };
  return { busy, problem, onSubmit };
};
