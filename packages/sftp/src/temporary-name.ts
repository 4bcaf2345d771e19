const shape = /^\.k8shell-upload-([0-9a-f]{16})$/;

/** The name of a file whose content is on its way; hidden, and known as ours by whoever finds it. */
export const temporaryName = (id: string): string => `.k8shell-upload-${id}`;

/**
 * The id in the name of a file whose content comes in one session (16 hexadecimal digits). Undefined for every other name,
 * also for those of resumable uploads, which wait to be continued.
 */
export const temporaryId = (name: string): string | undefined => shape.exec(name)?.[1];
