/** A message that is refused rather than forwarded. The text is for the client; it never quotes what was sent. */
export class HeadError extends Error {
  override readonly name = "HeadError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
