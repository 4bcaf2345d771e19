import type { PasswordResetNotifier } from "./password-resets.ts";

const timeoutMs = 10_000;

/**
 * Hands messages to a program that can send mail: one `POST` with the message as JSON (`username`, `fullname`, `email`,
 * `link`, `expiresAt`), answered with 2xx.
 * @param url where it listens; may hold a secret
 */
export const createResetWebhook =
  (url: string): PasswordResetNotifier =>
  async (message) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(message),
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the password reset webhook answered ${response.status}`);
  };
