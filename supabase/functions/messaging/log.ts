// One JSON line an event. Supabase keeps what is printed; nothing personal may be in it.

/** What a line may carry: codes, counts and names of our own, never a value of a request. */
export interface Fields {
  code?: string;
  reason?: string;
  status?: number;
  target?: string;
  problems?: readonly string[];
}

/** Write a line that an operator is to see. */
export function log(event: string, fields: Fields = {}): void {
  // deno-lint-ignore no-console
  console.error(JSON.stringify({ severity: "ERROR", event, ...fields }));
}
