// A request's body on its way in.

import { Refused } from "./problems.ts";

/** A body that breaks off where it becomes larger than it may be. */
export class Intake {
  readonly body: ReadableStream<Uint8Array> | null;
  /** Whether it broke off. */
  isTooLarge = false;

  /**
   * @param largest in bytes
   * @throws {Refused} body_too_large, if the request tells its length
   */
  constructor(request: Request, largest: number) {
    const told = request.headers.get("content-length");
    if (Number(told ?? 0) > largest) throw new Refused("body_too_large");
    // The HTTP server holds a body to the length that was told.
    this.body = told === null && request.body ? this.#counted(request.body, largest) : request.body;
  }

  /**
   * Return the whole body.
   *
   * @throws {Refused} body_too_large; body_broken: it did not come to its end
   */
  async text(): Promise<string> {
    try {
      return await new Response(this.body).text();
    } catch {
      throw new Refused(this.isTooLarge ? "body_too_large" : "body_broken");
    }
  }

  #counted(body: ReadableStream<Uint8Array>, largest: number): ReadableStream<Uint8Array> {
    let size = 0;
    const count = new TransformStream<Uint8Array, Uint8Array>({
      transform: (piece, out): void => {
        size += piece.byteLength;
        this.isTooLarge = size > largest;
        if (this.isTooLarge) throw new Refused("body_too_large");
        out.enqueue(piece);
      },
    });
    return body.pipeThrough(count);
  }
}
