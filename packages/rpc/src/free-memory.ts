/** Bytes. */
const worthFreeing = 4 * 1024;

/**
 * Gives the memory of a large buffer back at once. V8 sees a few words of garbage where there are 64 KiB outside its heap,
 * and answers every 64 MiB of those with a collection of the whole heap; at hundreds of megabytes a second that costs
 * more than everything else. Buffers that share their memory with others, as small ones do, are left alone.
 * @param bytes nobody looks at them any more
 */
export const freeMemory = ({ buffer, byteOffset, byteLength }: Uint8Array): void => {
  const whole = byteOffset === 0 && byteLength === buffer.byteLength;
  if (whole && byteLength >= worthFreeing && buffer instanceof ArrayBuffer) buffer.transfer(0);
};
