export interface DirectoryWatch {
  /** The shell did something: it may be in another directory. */
  stir(): void;
  /** Somebody new is interested: the directory is told again. */
  renew(): void;
  stop(): void;
}

export interface DirectoryWatchOptions {
  /** Is somebody interested? */
  readonly wanted: () => boolean;
  /** Asks where the shell is. */
  readonly ask: () => Promise<string>;
  /** Told of each other directory. */
  readonly changed: (path: string) => void;
}

/** After output, the shell may still be busy for a moment; and in a flood of output it is asked at most this often. */
const soonMs = 150;
const apartMs = 1000;

/** Follows the directory of a shell: asks after the shell has printed something, and never while it is still. */
export const createDirectoryWatch = ({ wanted, ask, changed }: DirectoryWatchOptions): DirectoryWatch => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = false;
  let again = false;
  let askedAt = 0;
  let known: string | undefined;

  const stir = () => {
    if (!wanted() || timer !== undefined) return;
    if (asking) {
      again = true;
      return;
    }
    timer = setTimeout(look, Math.max(soonMs, askedAt + apartMs - Date.now()));
  };
  const look = async () => {
    timer = undefined;
    asking = true;
    again = false;
    askedAt = Date.now();
    try {
      const path = await ask();
      if (path !== known && wanted()) {
        known = path;
        changed(path);
      }
    } catch {
      // The shell or the connection has ended, or the workspace does not know: nothing to tell.
    } finally {
      asking = false;
      if (again) stir();
    }
  };

  return {
    stir,
    renew() {
      known = undefined;
      stir();
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
};
