import type { components } from "./openapi";

type Body = components["schemas"]["Problem"];
type FieldNote = components["schemas"]["FieldNote"];

/** Nobody could be asked, or no answer came: what was asked may have been done. */
export const OFFLINE = "offline";

/** A refusal of the bridge (RFC 9457), or `offline`. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  /** Spanish, for the person. */
  readonly detail: string;
  readonly field: string | null;
  readonly errors: FieldNote[];
  readonly findings: NonNullable<Body["findings"]>;
  /** Seconds after which asking again makes sense. */
  readonly retryAfter: number | null;

  constructor(
    body: Partial<Body> & Pick<Body, "status" | "code" | "detail">,
    retryAfter: number | null = null,
  ) {
    super(body.code);
    this.name = "Problem";
    this.status = body.status;
    this.code = body.code;
    this.detail = body.detail;
    this.field = body.field ?? null;
    this.errors = body.errors ??
      (body.field ? [{ code: body.code, detail: body.detail, field: body.field }] : []);
    this.findings = body.findings ?? [];
    this.retryAfter = retryAfter;
  }

  /** Whether the same request, with the same key, may be made again and may be answered then. */
  get isPassing(): boolean {
    return this.code === OFFLINE || this.status === 429 || this.status >= 502;
  }

  /** Whether the answer leaves open what became of the request. */
  get isUncertain(): boolean {
    return this.code === OFFLINE || this.status >= 500;
  }

  get isSignedOut(): boolean {
    return this.status === 401;
  }

  /** What is wrong with a field, as in `personalization.1`, or with a part of it. */
  at(field: string): string | null {
    const note = this.errors.find((each) =>
      each.field === field || each.field.startsWith(`${field}.`)
    );
    return note?.detail ?? null;
  }
}

export function offline(): Problem {
  return new Problem({ status: 0, code: OFFLINE, detail: "No hay conexión con el servidor." });
}

/** Read an answer that is no success; proxies on the way may answer in other forms than ours. */
export async function problemOf(answer: Response): Promise<Problem> {
  const retryAfter = Number(answer.headers.get("Retry-After"));
  const seconds = Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null;
  try {
    const body = (await answer.json()) as Partial<Body>;
    if (typeof body.code === "string" && typeof body.detail === "string") {
      return new Problem(
        { ...body, status: answer.status, code: body.code, detail: body.detail },
        seconds,
      );
    }
  } catch {
    // Not JSON: told by its status alone.
  }
  return new Problem(
    {
      status: answer.status,
      code: "answer_unreadable",
      detail: "El servidor respondió algo que no se entiende.",
    },
    seconds,
  );
}
