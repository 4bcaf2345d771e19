const secret = new Set(["authorization", "cookie", "set-cookie", "k8shell-authorization"]);

const lines = (prefix: string, headers: Headers): string =>
  [...headers].map(([name, value]) => `${prefix} ${name}: ${secret.has(name) ? "…" : value}\n`).join("");

/** A `fetch` that writes the heads of requests and answers, without secrets. */
export const debuggingFetch =
  (say: (text: string) => void): typeof fetch =>
  async (input, init) => {
    const request = new Request(input, init);
    say(`> ${request.method} ${request.url}\n${lines(">", request.headers)}`);
    const response = await fetch(request);
    say(`< ${response.status} ${response.statusText}\n${lines("<", response.headers)}`);
    return response;
  };
