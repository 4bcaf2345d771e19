import type { ClosedTerminal, TerminalState } from "@k8shell/sdk";
import { type ReactNode, useEffect, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import type { MessageKey } from "../i18n/messages.ts";
import { Button } from "../ui/button.tsx";
import type { Session } from "./session.ts";
import { useOnline } from "./use-online.ts";

/** Whole seconds until `waitMs` from now. */
const useCountdown = (waitMs: number, attempt: number): number => {
  const [left, setLeft] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt counts anew
  useEffect(() => {
    const end = Date.now() + waitMs;
    const count = () => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1000)));
    count();
    const timer = setInterval(count, 250);
    return () => clearInterval(timer);
  }, [waitMs, attempt]);
  return left;
};

const Frame = ({
  tone,
  text,
  children,
}: {
  tone: "calm" | "warn" | "bad";
  text: string;
  children?: ReactNode;
}) => {
  const tones = {
    calm: "bg-accent-soft text-accent",
    warn: "bg-warn-soft text-warn",
    bad: "bg-danger-soft text-danger",
  };
  return (
    <div
      className={`absolute inset-x-2 top-2 z-10 flex flex-wrap items-center gap-2 rounded-lg px-3 py-1.5 text-sm shadow-lg ${tones[tone]}`}
    >
      <p role="status" className="grow">
        {text}
      </p>
      {children}
    </div>
  );
};

const endings: Readonly<Record<ClosedTerminal["reason"], readonly [MessageKey, MessageKey]>> = {
  ended: ["terminal.ended", "terminal.new"],
  detached: ["terminal.detached", "terminal.attachAgain"],
  closed: ["terminal.detached", "terminal.attachAgain"],
  aborted: ["terminal.detached", "terminal.attachAgain"],
  taken_over: ["terminal.takenOver", "terminal.takeBack"],
  busy: ["terminal.busy", "terminal.tryAgain"],
  not_found: ["terminal.notFound", "terminal.tryAgain"],
  unauthenticated: ["terminal.signedOut", "terminal.tryAgain"],
  refused: ["terminal.refused", "terminal.tryAgain"],
  failed: ["terminal.failed", "terminal.tryAgain"],
};

const Ending = ({
  state,
  session,
  onRenew,
  onClose,
}: {
  state: ClosedTerminal;
  session: Session;
  onRenew(): void;
  onClose(): void;
}) => {
  const { t } = useI18n();
  // One that was joined is not found again under its name when it has ended.
  const gone = session.joined && (state.reason === "ended" || state.reason === "not_found");
  const [key, retry] = endings[state.reason];
  const again = gone ? "terminal.new" : retry;
  const ended = state.reason === "ended";
  const code = state.exitCode;
  const text = ended && code !== undefined ? t("terminal.endedWith", { code }) : t(key);
  // What the server says of a refusal names its reason.
  const more = ["refused", "failed", "not_found"].includes(state.reason) ? ` ${state.message}` : "";
  const bad = (ended && code !== undefined && code !== 0) || more !== "";
  return (
    <Frame tone={bad ? "bad" : ended ? "calm" : "warn"} text={text + more}>
      <Button
        onClick={() => {
          if (gone) onRenew();
          else {
            session.terminal.reopen();
            session.focus();
          }
        }}
      >
        {t(again)}
      </Button>
      <Button onClick={onClose}>{t("terminal.close")}</Button>
    </Frame>
  );
};

const Lost = ({
  state,
  session,
}: {
  state: Extract<TerminalState, { name: "reconnecting" }>;
  session: Session;
}) => {
  const { t } = useI18n();
  const left = useCountdown(state.waitMs, state.attempt);
  if (left === 0) return <Frame tone="warn" text={t("terminal.reconnecting")} />;
  return (
    <Frame tone="warn" text={t("terminal.reconnectingIn", { seconds: left })}>
      <Button onClick={() => session.terminal.retry()}>{t("terminal.now")}</Button>
    </Frame>
  );
};

/** Says over a terminal whatever is not as it should be, with the way on. */
export const Banner = ({
  state,
  session,
  onRenew,
  onClose,
}: {
  state: TerminalState;
  session: Session;
  /** A new terminal is wanted in the place of this one. */
  onRenew(): void;
  onClose(): void;
}) => {
  const { t } = useI18n();
  const online = useOnline();
  if (!online && state.name !== "closed") return <Frame tone="warn" text={t("terminal.offline")} />;
  switch (state.name) {
    case "connecting":
      return <Frame tone="calm" text={t("terminal.connecting")} />;
    case "reconnecting":
      return <Lost state={state} session={session} />;
    case "closed":
      return <Ending state={state} session={session} onRenew={onRenew} onClose={onClose} />;
    default:
      return null;
  }
};

/** Says above the screen of an observer that it is one: it stays, so it covers nothing. */
export const ObserverNote = ({ state }: { state: TerminalState }) => {
  const { t } = useI18n();
  if (state.name !== "open" || state.info.role !== "observer") return null;
  return (
    <p role="status" className="bg-accent-soft px-3 py-1 text-sm text-accent">
      {t("terminal.observing")}
    </p>
  );
};
