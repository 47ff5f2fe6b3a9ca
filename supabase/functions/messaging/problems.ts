// Refusals of this function itself, in the form of the bridge's (RFC 9457; docs/api.md, "Errors").

import type { components } from "./api.d.ts";

interface Problems {
  content: { "application/problem+json": { code?: string } };
}
/** The codes that openapi.yaml lists for an answer. */
type CodeOf<Answer extends Problems> = NonNullable<
  Answer["content"]["application/problem+json"]["code"]
>;
type Answers = components["responses"];

/** Which code may come with which status; one that the contract does not know is a type error. */
interface Codes {
  400: CodeOf<Answers["BodyBroken"]>;
  403: CodeOf<Answers["NotForThisUser"]>;
  404: components["schemas"]["PathCode"];
  405: "method_not_allowed"; // of no operation
  413: CodeOf<Answers["BodyTooLarge"]>;
  500: CodeOf<Answers["OurMistake"]>;
  503: CodeOf<Answers["Unavailable"]>;
  504: CodeOf<Answers["NoAnswerInTime"]>;
}
type Status = keyof Codes;
type StatusOf<Code> = { [S in Status]: Code extends Codes[S] ? S : never }[Status];

interface Refusal<S extends Status = Status> {
  status: S;
  title: string;
  detail: string;
  field?: string;
  retryAfterSeconds?: number;
}

const REFUSALS = {
  origin_not_allowed: {
    status: 403,
    title: "Forbidden",
    detail: "Esta página no tiene permiso para usar el servicio de mensajes.",
    field: "Origin",
  },
  path_not_found: { status: 404, title: "Not Found", detail: "Esa dirección no existe." },
  method_not_allowed: {
    status: 405,
    title: "Method Not Allowed",
    detail: "Método no permitido.",
  },
  body_too_large: {
    status: 413,
    title: "Content Too Large",
    detail: "La solicitud es demasiado grande.",
  },
  body_broken: {
    status: 400,
    title: "Bad Request",
    detail: "La solicitud llegó incompleta o dañada.",
  },
  internal_error: {
    status: 500,
    title: "Internal Server Error",
    detail: "Ocurrió un error interno; ya quedó registrado.",
  },
  edge_not_configured: {
    status: 503,
    title: "Service Unavailable",
    detail: "El servicio de mensajes todavía no está configurado; avisa a quien lo administra.",
    retryAfterSeconds: 60,
  },
  google_unavailable: {
    status: 503,
    title: "Service Unavailable",
    detail: "El servicio no está disponible; intenta de nuevo en unos segundos.",
    retryAfterSeconds: 5,
  },
  bridge_unreachable: {
    status: 503,
    title: "Service Unavailable",
    detail: "El servicio no está disponible; intenta de nuevo en unos segundos.",
    retryAfterSeconds: 5,
  },
  bridge_timeout: {
    status: 504,
    title: "Gateway Timeout",
    detail: "El servicio tardó demasiado en responder; revisa si se hizo antes de repetirlo.",
  },
} satisfies { [Code in Codes[Status]]?: Refusal<StatusOf<Code>> };

export type Code = keyof typeof REFUSALS;

/** A refusal that travels as an exception; `answer` is what the app gets. */
export class Refused extends Error {
  constructor(readonly code: Code) {
    super(code);
  }
}

/** Return one of this function's own refusals as an answer. */
export function problem(code: Code): Response {
  const { status, title, detail, field, retryAfterSeconds }: Refusal = REFUSALS[code];
  const headers: Record<string, string> = retryAfterSeconds
    ? { "retry-after": String(retryAfterSeconds) }
    : {};
  return asProblem({ title, status, code, detail, ...(field && { field }) }, headers);
}

/** Return a problem with these members as an answer; its type follows from its code. */
export function asProblem(
  members: { status: number; code: string } & Record<string, unknown>,
  headers: Record<string, string> = {},
): Response {
  const type = `urn:campaignpro:whatsapp:${members.code}`;
  return new Response(JSON.stringify({ type, ...members }), {
    status: members.status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...headers,
    },
  });
}
