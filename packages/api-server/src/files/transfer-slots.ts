import { ApiError } from "../http/api-error.ts";

/** Bounds how many transfers one workspace serves at a time. */
export interface TransferSlots {
  /**
   * Takes a slot; call the result to give it back.
   * @throws ApiError too_many_requests
   */
  take(workspace: string): () => void;
}

/** @param limit transfers of one workspace at the same time */
export const createTransferSlots = (limit = 32): TransferSlots => {
  const taken = new Map<string, number>();
  return {
    take(workspace) {
      const count = taken.get(workspace) ?? 0;
      if (count >= limit) {
        throw new ApiError(
          "too_many_requests",
          `${limit} transfers of this workspace are running; try again when one has ended.`,
          { headers: { "retry-after": "5" } },
        );
      }
      taken.set(workspace, count + 1);
      let given = false;
      return () => {
        if (given) return;
        given = true;
        const left = (taken.get(workspace) ?? 1) - 1;
        if (left > 0) taken.set(workspace, left);
        else taken.delete(workspace);
      };
    },
  };
};
