/**
 * What an operation touches. Draft section 4.1: the results must be as if the requests were done one after another,
 * so only operations that cannot see each other's effects may overlap.
 */
export type Claim =
  /** Looks, and changes nothing. */
  | { readonly kind: "look" }
  /** Writes a range of one file. */
  | { readonly kind: "write"; readonly file: string; readonly start: number; readonly end: number }
  /** Anything else. */
  | { readonly kind: "alone" };

/** Tells which operations may run beside those already running. */
export interface OrderGate {
  admits(claim: Claim): boolean;
  /** Registers an admitted operation; the result ends it. */
  enter(claim: Claim): () => void;
  readonly running: number;
}

export const createOrderGate = (): OrderGate => {
  const running = new Set<Claim>();
  return {
    admits(claim) {
      for (const other of running) {
        if (claim.kind === "alone" || other.kind !== claim.kind) return false;
        if (claim.kind === "look") return true;
        if (
          other.kind === "write" &&
          other.file === claim.file &&
          other.start < claim.end &&
          claim.start < other.end
        ) {
          return false;
        }
      }
      return true;
    },
    enter(claim) {
      running.add(claim);
      return () => running.delete(claim);
    },
    get running() {
      return running.size;
    },
  };
};
