/** Makes the package as it is published, in `out` (default: dist/). */
export function build(out?: string): Promise<void>;
