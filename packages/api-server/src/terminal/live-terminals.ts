/** A terminal connection of this server. */
export interface LiveTerminal {
  readonly workspace: string;
  /** The shell it has, once it has one. */
  shellId(): string | undefined;
  /** Asks it to let its shell go. */
  leave(): void;
}

/** Every terminal connection of this server. */
export interface LiveTerminals {
  /** Registers a connection; call `done` when everything of it is over. */
  add(terminal: LiveTerminal): { done(): void };
  /** Asks whoever has the shell to leave it, and waits until that is over. */
  takeOver(shellId: string): Promise<void>;
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
    async takeOver(shellId) {
      for (const [terminal, over] of live) {
        if (terminal.shellId() !== shellId) continue;
        terminal.leave();
        await over.promise;
      }
    },
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
