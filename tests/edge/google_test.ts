import assert from "node:assert/strict";
import { IdTokens } from "../../supabase/functions/messaging/google.ts";
import { EMAIL, google, idToken, KEYS, nobody, NOW, PEM, serve } from "./surroundings.ts";

const HOUR = 3600;
const MINUTE = 60_000;
const TARGET = "https://send-abc-uc.a.run.app";

function tokens(url: string, clock: () => number = () => NOW, key: string = PEM): IdTokens {
  const account = { client_email: EMAIL, private_key_id: "kid-1", private_key: key };
  return new IdTokens({ ...account, token_uri: `${url}/token` }, clock);
}

function decoded(part: string | undefined): Record<string, unknown> {
  return JSON.parse(atob((part ?? "").replaceAll("-", "+").replaceAll("_", "/")));
}

Deno.test("the assertion is signed by the account's key and says for whom it asks", async () => {
  let form = new FormData();
  await using peer = serve(async (request) => {
    form = await request.formData();
    return Response.json({ id_token: idToken(NOW, HOUR) });
  });
  await tokens(peer.url).get(TARGET);
  assert.equal(form.get("grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const [header, claims, signature] = String(form.get("assertion")).split(".");
  assert.deepEqual(decoded(header), { alg: "RS256", typ: "JWT", kid: "kid-1" });
  assert.deepEqual(decoded(claims), {
    iss: EMAIL,
    sub: EMAIL,
    aud: `${peer.url}/token`,
    target_audience: TARGET,
    iat: NOW / 1000,
    exp: NOW / 1000 + 300,
  });
  const bytes = Uint8Array.from(
    atob((signature ?? "").replaceAll("-", "+").replaceAll("_", "/")),
    (c) => c.charCodeAt(0),
  );
  const signed = new TextEncoder().encode(`${header}.${claims}`);
  assert.ok(await crypto.subtle.verify("RSASSA-PKCS1-v1_5", KEYS.publicKey, bytes, signed));
});

Deno.test("a token serves many calls, and each function has its own", async () => {
  await using peer = google();
  const minting = tokens(peer.url);
  for (const target of [TARGET, TARGET, "https://templates", TARGET]) await minting.get(target);
  assert.equal(peer.asked.length, 2);
});

Deno.test("calls that come together wait for one token", async () => {
  await using peer = google();
  const minting = tokens(peer.url);
  const all = await Promise.all(Array.from({ length: 20 }, () => minting.get(TARGET)));
  assert.equal(peer.asked.length, 1);
  assert.equal(new Set(all).size, 1);
});

Deno.test("a token is replaced five minutes before its end", async () => {
  let now = NOW;
  await using peer = serve(() => Response.json({ id_token: idToken(now, HOUR, String(now)) }));
  const minting = tokens(peer.url, () => now);
  const first = await minting.get(TARGET);
  now += 54 * MINUTE;
  assert.equal(await minting.get(TARGET), first);
  now += 2 * MINUTE;
  assert.notEqual(await minting.get(TARGET), first);
});

Deno.test("while Google is away a token is used to its end, and no longer", async () => {
  let now = NOW;
  let isAway = false;
  await using peer = serve(() =>
    isAway ? new Response(null, { status: 500 }) : Response.json({ id_token: idToken(NOW, HOUR) })
  );
  const minting = tokens(peer.url, () => now);
  const first = await minting.get(TARGET);
  isAway = true;
  now += 58 * MINUTE;
  assert.equal(await minting.get(TARGET), first);
  now += 2 * MINUTE;
  await assert.rejects(minting.get(TARGET), { message: "google_unavailable" });
});

Deno.test("what failed once is tried again by the next call", async () => {
  const answers = [
    new Response("<html>", { status: 502 }),
    Response.json({ access_token: "no ID token" }),
    Response.json({ id_token: "unreadable" }),
    Response.json({ id_token: idToken(NOW, HOUR) }),
  ];
  await using peer = serve(() => answers.shift() ?? new Response(null, { status: 500 }));
  const minting = tokens(peer.url);
  for (let failure = 1; failure <= 3; failure++) {
    await assert.rejects(minting.get(TARGET), { message: "google_unavailable" });
  }
  assert.equal(await minting.get(TARGET), idToken(NOW, HOUR));
});

Deno.test("a key that cannot be read, and a Google that cannot be reached, are unavailable", async () => {
  await using peer = google();
  const unreadable = tokens(peer.url, () => NOW, "-----BEGIN PRIVATE KEY-----\nAAAA\n");
  await assert.rejects(unreadable.get(TARGET), { message: "google_unavailable" });
  const alone = tokens(await nobody());
  await assert.rejects(alone.get(TARGET), { message: "google_unavailable" });
  assert.equal(peer.asked.length, 0);
});

Deno.test("a token that was not taken is not used again", async () => {
  await using peer = google();
  const minting = tokens(peer.url);
  await minting.get(TARGET);
  minting.forget(TARGET);
  await minting.get(TARGET);
  assert.equal(peer.asked.length, 2);
});
