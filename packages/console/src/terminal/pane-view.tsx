import { clsx } from "clsx";
import { useEffect, useRef } from "react";
import { Banner, ObserverNote } from "./banner.tsx";
import type { Session } from "./session.ts";
import { useSessionView } from "./use-session-view.ts";

/** Whether the keyboard is in a place that a terminal which connects, or connects again, must not take it from. */
const isKeyboardInUse = (): boolean => {
  const active = document.activeElement;
  if (!active) return false;
  if (active.closest("[role=tree], [role=menu], [role=dialog], [role=alertdialog]")) return true;
  // Something is being typed, a tab's name for instance; the rest of it would go to the shell.
  if (active.matches("input, select, textarea:not(.xterm-helper-textarea)")) return true;
  // Arrow keys go from tab to tab. Whoever clicks on one goes to its terminal.
  return active.matches("[role=tab]:focus-visible");
};

/** The place of one terminal. */
export const PaneView = ({
  session,
  shown,
  focused,
  alone,
  onFocus,
  onRenew,
  onClose,
}: {
  session: Session;
  /** Is it in sight? */
  shown: boolean;
  focused: boolean;
  /** Is there no other beside it? */
  alone: boolean;
  onFocus(): void;
  onRenew(): void;
  onClose(): void;
}) => {
  const place = useRef<HTMLDivElement>(null);
  const view = useSessionView(session);

  useEffect(() => {
    const host = place.current;
    if (!host) return;
    host.append(session.element);
    let frame = 0;
    const resized = new ResizeObserver(() => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => session.fit());
    });
    resized.observe(host);
    return () => {
      cancelAnimationFrame(frame);
      resized.disconnect();
      session.element.remove();
    };
  }, [session]);

  useEffect(() => {
    session.show(shown);
    return () => session.show(false);
  }, [session, shown]);

  const open = view?.state.name === "open";
  useEffect(() => {
    if (shown && focused && open && !isKeyboardInUse()) session.focus();
  }, [session, shown, focused, open]);

  return (
    <div
      data-terminal={session.id}
      data-state={view?.state.name}
      className={clsx(
        "relative flex size-full flex-col overflow-hidden",
        !alone && (focused ? "ring-1 ring-accent ring-inset" : "opacity-85"),
      )}
      onFocusCapture={onFocus}
    >
      {view ? <ObserverNote state={view.state} /> : null}
      <div className="relative grow">
        <div ref={place} className="absolute inset-2" />
      </div>
      {view ? <Banner state={view.state} session={session} onRenew={onRenew} onClose={onClose} /> : null}
    </div>
  );
};
