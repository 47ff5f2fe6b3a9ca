// What is around the function, on real sockets: Google's token endpoint, the bridge, the database.

import { Forwarder } from "../../supabase/functions/messaging/forward.ts";
import { IdTokens } from "../../supabase/functions/messaging/google.ts";
import { Messaging } from "../../supabase/functions/messaging/messaging.ts";
import type { Settings } from "../../supabase/functions/messaging/settings.ts";
import { Veda } from "../../supabase/functions/messaging/veda.ts";

const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: "SHA-256",
};
export const KEYS: CryptoKeyPair = await crypto.subtle.generateKey(RSA, true, ["sign", "verify"]);
const PKCS8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", KEYS.privateKey));
export const PEM = `-----BEGIN PRIVATE KEY-----\n${
  btoa(String.fromCharCode(...PKCS8))
}\n-----END PRIVATE KEY-----\n`;
export const EMAIL = "wa-invoker-edge@demo.iam.gserviceaccount.com";
export const NOW = Date.UTC(2027, 3, 20, 12);

/** A server whose answers a test decides, and what it was asked. */
export interface Peer extends AsyncDisposable {
  url: string;
  asked: Asked[];
}

/** The head of a request; it outlives the request. */
export interface Asked {
  method: string;
  url: string;
  headers: Headers;
}

/** Serve on 127.0.0.1 until the test ends. */
export function serve(answer: (request: Request) => Response | Promise<Response>): Peer {
  const asked: Asked[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    asked.push({ method: request.method, url: request.url, headers: new Headers(request.headers) });
    return answer(request);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    asked,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** An ID token of Google's form that ends so many seconds after a time. */
export function idToken(now: number, seconds: number, mark = ""): string {
  const claims = { aud: "somebody", exp: now / 1000 + seconds, mark };
  return `e30.${btoa(JSON.stringify(claims)).replace(/=+$/, "")}.c2ln`;
}

/** Google's token endpoint, which gives every account a token for an hour. */
export function google(now: number = NOW): Peer {
  return serve(() => Response.json({ id_token: idToken(now, 3600) }));
}

/** An address on which nobody listens. */
export async function nobody(): Promise<string> {
  const peer = serve(() => new Response());
  await peer[Symbol.asyncDispose]();
  return peer.url;
}

/** Settings that lead to these peers; a test changes what it is about. */
export function settings(urls: { google: string; bridge: string; database?: string }): Settings {
  return {
    bridge: { send: urls.bridge, templates: urls.bridge },
    account: {
      client_email: EMAIL,
      private_key_id: "kid-1",
      private_key: PEM,
      token_uri: `${urls.google}/token`,
    },
    supabaseUrl: urls.database ?? urls.bridge,
    publishableKey: "sb_publishable_1",
    origins: ["https://app.example.org"],
    bridgeMs: 5000,
    vedaMs: 1000,
  };
}

/** The function as index.ts puts it together. */
export function messaging(of: Settings): Messaging {
  const tokens = new IdTokens(of.account, () => NOW);
  return new Messaging(of, new Forwarder(of, tokens), new Veda(of));
}

/** A request as it arrives from the app. */
export function request(method: string, path: string, init: RequestInit = {}): Request {
  return new Request(`https://ref.supabase.co/messaging${path}`, { method, ...init });
}
