// Waiting for something no longer than it may take.

/** It took too long. */
export class TooLate extends Error {}

/**
 * Return what `work` promises, unless it takes longer; its signal then ends what it began.
 *
 * @throws {TooLate} after `ms` milliseconds
 */
export async function within<Value>(
  ms: number,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new TooLate()), ms);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
