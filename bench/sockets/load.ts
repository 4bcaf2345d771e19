/** Each of the live terminals prints this much, bytes, */
export const printBytes = 4_000;
/** this often, milliseconds: 40 KB/s. */
export const printMs = 100;
export const terminalsOfWorkspace = 100;
