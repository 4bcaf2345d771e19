const loopback = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

/** Is this a name or an address that only this machine reaches? */
export const isLoopback = (host: string): boolean => loopback.test(host);
