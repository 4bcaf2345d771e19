import { BlockList, isIP } from "node:net";

/** Decides by the address of the socket's peer. */
export type SourceCheck = (address: string | undefined) => boolean;

/** An IPv4 address that a dual-stack socket reports as IPv6. */
const unmapped = (address: string): string => /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;

/**
 * Which peers may call internal endpoints. Without ranges: this machine only, that is loopback addresses and unix
 * sockets (which have no address). Forwarding headers do not count: anybody can write them.
 * @param ranges `10.0.0.0/8`, `fd00::/8` or single addresses
 * @throws Error naming the range that is not one
 */
export const createSourceCheck = (ranges: readonly string[] | undefined): SourceCheck => {
  const list = new BlockList();
  for (const range of ranges ?? ["127.0.0.0/8", "::1/128"]) {
    const [address = "", prefix] = range.trim().split("/");
    const family = isIP(address);
    const bits = prefix === undefined ? (family === 4 ? 32 : 128) : Number(prefix);
    const inRange = Number.isInteger(bits) && bits >= 0 && bits <= (family === 4 ? 32 : 128);
    if (family === 0 || !inRange || prefix === "") {
      throw new Error(`"${range}" is not an address range: write it like 10.0.0.0/8`);
    }
    list.addSubnet(address, bits, family === 4 ? "ipv4" : "ipv6");
  }
  return (address) => {
    if (address === undefined || address === "") return ranges === undefined;
    const plain = unmapped(address);
    const family = isIP(plain);
    return family !== 0 && list.check(plain, family === 4 ? "ipv4" : "ipv6");
  };
};
