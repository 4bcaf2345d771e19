import type { Role } from "./roles.ts";

/** A terminal connection of this server. */
export interface LiveTerminal {
  readonly workspace: string;
  /** Key of the tab it is for; a connection that joined somebody's terminal has none. */
  readonly key: string | undefined;
  readonly username: string;
  readonly role: () => Role;
  /** The terminal it shows, once it does. */
  shellId(): string | undefined;
  /** Asks it to go: the tab has another connection now. */
  leave(): void;
}

/** Every terminal connection of this server. */
export interface LiveTerminals {
  /** Registers a connection; call `done` when everything of it is over. */
  add(terminal: LiveTerminal): { done(): void };
  /** Asks the connections of a tab to go, except the one that asks, and waits until that is over. */
  takeOver(key: string, except: LiveTerminal): Promise<void>;
  viewersOf(shellId: string): readonly LiveTerminal[];
  countOf(workspace: string): number;
  /** Resolves when there is no connection. */
  idle(): Promise<void>;
}

export const createLiveTerminals = (): LiveTerminals => {
  const live = new Map<LiveTerminal, PromiseWithResolvers<void>>();
  return {
    add(terminal) {
      const over = Promise.withResolvers<void>();
      live.set(terminal, over);
      return {
        done() {
          live.delete(terminal);
          over.resolve();
        },
      };
    },
    async takeOver(key, except) {
      for (const [terminal, over] of live) {
        // Those that have no shell yet wait for their turn, after this one.
        if (terminal.key !== key || terminal === except || terminal.shellId() === undefined) continue;
        terminal.leave();
        await over.promise;
      }
    },
    viewersOf: (shellId) => [...live.keys()].filter((terminal) => terminal.shellId() === shellId),
    countOf(workspace) {
      let count = 0;
      for (const terminal of live.keys()) if (terminal.workspace === workspace) count += 1;
      return count;
    },
    async idle() {
      await Promise.all([...live.values()].map(({ promise }) => promise));
    },
  };
};
