// Google ID tokens from a service account's key: a JWT that it signs is exchanged for one that
// Google signs (https://developers.google.com/identity/protocols/oauth2/service-account#httprest,
// with `target_audience`, https://cloud.google.com/run/docs/authenticating/service-to-service).

import { within } from "./limit.ts";
import { log } from "./log.ts";
import { Refused } from "./problems.ts";
import type { ServiceAccount } from "./settings.ts";

const GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const RS256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const ASSERTION_SECONDS = 300;
const EXCHANGE_MS = 10_000;
/** Tokens live for an hour; one with less than this left is replaced before it is used again. */
const RENEWED_MS = 5 * 60_000;
/** Whoever checks a token may do so a moment later, with another clock. */
const MARGIN_MS = 30_000;

interface IdToken {
  text: string;
  endsAt: number; // milliseconds since the epoch
}

/** Mints ID tokens, keeps each until shortly before its end, and mints one at a time. */
export class IdTokens {
  readonly #kept = new Map<string, IdToken>();
  readonly #coming = new Map<string, Promise<IdToken>>();
  #key: Promise<CryptoKey> | null = null;

  /** @param clock milliseconds since the epoch */
  constructor(readonly account: ServiceAccount, readonly clock: () => number) {}

  /**
   * Return a token for one of the private functions.
   *
   * @param audience the function's URL
   * @throws {Refused} google_unavailable: there is none, and none could be minted
   */
  async get(audience: string): Promise<string> {
    const kept = this.#kept.get(audience);
    if (kept && this.#lasts(kept, RENEWED_MS)) return kept.text;
    try {
      return (await this.#next(audience)).text;
    } catch (error) {
      // What failed is named by its kind alone: Google's words may quote the assertion.
      log("id_token_failed", { reason: error instanceof Refusal ? error.message : "unreachable" });
      if (kept && this.#lasts(kept, MARGIN_MS)) return kept.text;
      throw new Refused("google_unavailable");
    }
  }

  /** Forget a token that was not taken, so that the next call mints another. */
  forget(audience: string): void {
    this.#kept.delete(audience);
  }

  #lasts(token: IdToken, ms: number): boolean {
    return token.endsAt - this.clock() > ms;
  }

  #next(audience: string): Promise<IdToken> {
    const coming = this.#coming.get(audience) ?? this.#mint(audience);
    this.#coming.set(audience, coming);
    return coming;
  }

  async #mint(audience: string): Promise<IdToken> {
    try {
      const text = await this.#exchange(await this.#assertion(audience));
      const token = { text, endsAt: endOf(text) };
      this.#kept.set(audience, token);
      return token;
    } finally {
      this.#coming.delete(audience);
    }
  }

  async #assertion(audience: string): Promise<string> {
    const { client_email, private_key_id, token_uri } = this.account;
    const now = Math.floor(this.clock() / 1000);
    const header = { alg: "RS256", typ: "JWT", kid: private_key_id };
    const claims = {
      iss: client_email,
      sub: client_email,
      aud: token_uri,
      target_audience: audience,
      iat: now,
      exp: now + ASSERTION_SECONDS,
    };
    const signed = `${base64url(json(header))}.${base64url(json(claims))}`;
    const signature = await crypto.subtle.sign(
      RS256.name,
      await this.#signingKey(),
      new TextEncoder().encode(signed),
    );
    return `${signed}.${base64url(new Uint8Array(signature))}`;
  }

  #signingKey(): Promise<CryptoKey> {
    this.#key ??= imported(this.account.private_key);
    return this.#key;
  }

  #exchange(assertion: string): Promise<string> {
    return within(EXCHANGE_MS, async (signal) => {
      const body = new URLSearchParams({ grant_type: GRANT, assertion });
      const answer = await fetch(this.account.token_uri, { method: "POST", body, signal });
      if (!answer.ok) {
        await answer.body?.cancel();
        throw new Refusal(`status ${answer.status}`);
      }
      const { id_token } = await answer.json() as { id_token?: unknown };
      if (typeof id_token !== "string") throw new Refusal("no id_token");
      return id_token;
    });
  }
}

/** Google, or the key itself, says no; the message may be logged. */
class Refusal extends Error {}

async function imported(pem: string): Promise<CryptoKey> {
  try {
    const der = Uint8Array.from(
      atob(pem.replace(/-----[^-]+-----|\s/g, "")),
      (c) => c.charCodeAt(0),
    );
    return await crypto.subtle.importKey("pkcs8", der, RS256, false, ["sign"]);
  } catch {
    throw new Refusal("private_key unreadable");
  }
}

function endOf(token: string): number {
  try {
    const claims = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const { exp } = JSON.parse(atob(claims)) as { exp?: unknown };
    if (typeof exp === "number") return exp * 1000;
  } catch {
    // As a token without an end.
  }
  throw new Refusal("id_token unreadable");
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
