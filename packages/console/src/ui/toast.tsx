import { X } from "lucide-react";
import { Toast as Radix } from "radix-ui";
import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { IconButton } from "./button.tsx";

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly failed: boolean;
}

export interface Toasts {
  /** Says that something was done. */
  say(text: string): void;
  /** Says why something was not done. */
  fail(error: unknown): void;
}

const Context = createContext<Toasts | undefined>(undefined);

/** Short messages at the foot of the page, read out by screen readers. */
export const ToastProvider = ({ children }: { children: ReactNode }) => {
  const { t, explain } = useI18n();
  const explaining = useRef(explain);
  explaining.current = explain;
  const [shown, setShown] = useState<readonly Toast[]>([]);
  const add = useCallback((text: string, failed: boolean) => {
    setShown((before) => [...before.slice(-3), { id: (before.at(-1)?.id ?? 0) + 1, text, failed }]);
  }, []);
  const [toasts] = useState<Toasts>(() => ({
    say: (text) => add(text, false),
    fail: (error) => add(explaining.current(error), true),
  }));
  return (
    <Context value={toasts}>
      <Radix.Provider duration={8000}>
        {children}
        {shown.map(({ id, text, failed }) => (
          <Radix.Root
            key={id}
            type={failed ? "foreground" : "background"}
            onOpenChange={(open) => {
              if (!open) setShown((before) => before.filter((toast) => toast.id !== id));
            }}
            className={`flex items-center gap-2 rounded-lg border px-3 py-2 text-sm shadow-lg ${
              failed ? "border-danger bg-danger-soft" : "border-line bg-raised"
            }`}
          >
            <Radix.Description className="grow">{text}</Radix.Description>
            <Radix.Close asChild>
              <IconButton label={t("app.close")}>
                <X size={16} aria-hidden />
              </IconButton>
            </Radix.Close>
          </Radix.Root>
        ))}
        <Radix.Viewport className="fixed right-4 bottom-4 z-60 grid w-[min(26rem,92vw)] gap-2" />
      </Radix.Provider>
    </Context>
  );
};

export const useToasts = (): Toasts => {
  const toasts = useContext(Context);
  if (!toasts) throw new Error("useToasts needs a ToastProvider above it");
  return toasts;
};
