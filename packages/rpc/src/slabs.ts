/**
 * Memory for what is sent, of all connections, used again once it has left. Fresh memory outside of its heap makes V8
 * look through the whole heap, every few megabytes.
 */
const spare: Buffer[] = [];
const keptSlabs = 16;

/** Bytes of a slab. */
export const slabBytes = 64 << 10;

/** A slab; its content is what was there before. */
export const takeSlab = (): Buffer => spare.pop() ?? Buffer.allocUnsafeSlow(slabBytes);

/** @param slab from `takeSlab`; nobody looks at it any more */
export const giveSlab = (slab: Buffer): void => {
  if (spare.length < keptSlabs) spare.push(slab);
};
