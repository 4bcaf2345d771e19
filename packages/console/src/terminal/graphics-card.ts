import type { Terminal } from "@xterm/xterm";

/** Draws a terminal with WebGL where there is one; otherwise, or when it is taken away, xterm.js draws without. */
export interface GraphicsCard {
  use(wanted: boolean): void;
}

export const createGraphicsCard = (xterm: Terminal): GraphicsCard => {
  let wanted = false;
  let addon: { dispose(): void } | undefined;
  let refused = false;

  const release = () => {
    addon?.dispose();
    addon = undefined;
  };
  const begin = async () => {
    const { WebglAddon } = await import("@xterm/addon-webgl");
    if (!wanted || addon) return;
    try {
      const made = new WebglAddon();
      made.onContextLoss(release);
      xterm.loadAddon(made);
      addon = made;
    } catch {
      refused = true;
    }
  };
  return {
    use(next) {
      wanted = next;
      if (!next) release();
      else if (!addon && !refused) void begin().catch(() => {});
    },
  };
};
