import assert from "node:assert/strict";
import { google, messaging, type Peer, request, serve, settings } from "./surroundings.ts";

const BOUNDS = { starts_at: "2027-06-03T05:00:00+00:00", ends_at: "2027-06-07T07:00:00+00:00" };
const SENTENCE = "Veda electoral: envíos suspendidos hasta 07/06/2027 01:00.";
const BODY = JSON.stringify({
  campaign_id: "c1",
  scheduled_at: "2027-06-04T12:00:00Z",
  filters: {},
});

function raised(message: string, status = 403): Response {
  const details = JSON.stringify({ detail: SENTENCE, bounds: BOUNDS });
  return Response.json({ code: `PT${status}`, message, details, hint: "scheduled_at" }, { status });
}

/** POST /send with this database; return the answer, and how often the bridge was asked. */
async function send(
  database: Peer,
  { body = BODY, authorization = "Bearer user" }: { body?: string; authorization?: string } = {},
): Promise<[Response, number]> {
  await using minting = google();
  await using bridge = serve(() => Response.json({ job_id: "j1" }, { status: 202 }));
  const urls = { google: minting.url, bridge: bridge.url, database: database.url };
  const one = messaging({ ...settings(urls), vedaMs: 200 });
  const headers = { "idempotency-key": "k1", ...(authorization && { authorization }) };
  const got = await one.answer(request("POST", "/send", { body, headers }));
  const text = await got.text();
  return [new Response(text, got), bridge.asked.length];
}

Deno.test("in the veda the database's own words are the answer, and the bridge is not asked", async () => {
  let asked: unknown;
  await using database = serve(async (request) => {
    asked = await request.json();
    return raised("veda");
  });
  const [got, forwarded] = await send(database);
  assert.equal(got.status, 403);
  assert.equal(got.headers.get("content-type"), "application/problem+json");
  assert.equal(got.headers.get("idempotency-key"), "k1");
  assert.deepEqual(await got.json(), {
    type: "urn:campaignpro:whatsapp:veda",
    title: "Forbidden",
    status: 403,
    code: "veda",
    detail: SENTENCE,
    field: "scheduled_at",
    bounds: BOUNDS,
  });
  assert.equal(forwarded, 0);
  assert.deepEqual(asked, {
    p_campaign_id: "c1",
    p_scheduled_at: "2027-06-04T12:00:00Z",
    p_idempotency_key: "k1",
  });
  assert.equal(database.asked[0]?.headers.get("authorization"), "Bearer user");
  assert.equal(database.asked[0]?.headers.get("apikey"), "sb_publishable_1");
});

Deno.test("the bridge decides whatever the database does not call veda", async () => {
  const answers: Response[] = [
    new Response(null, { status: 204 }),
    raised("outside_campaign"),
    raised("forbidden"),
    raised("veda", 409),
    raised("campaign_not_found", 404),
    Response.json({ code: "PGRST303", message: "JWT expired" }, { status: 401 }),
    new Response("<html>", { status: 403 }),
    new Response("<html>", { status: 502 }),
  ];
  const count = answers.length;
  await using database = serve(() => answers.shift() ?? new Response());
  for (let n = 0; n < count; n++) {
    const [got, forwarded] = await send(database);
    assert.deepEqual([got.status, forwarded], [202, 1]);
  }
  assert.equal(answers.length, 0);
});

Deno.test("a database that does not answer holds nobody up", async () => {
  const released = Promise.withResolvers<Response>();
  await using database = serve(() => released.promise);
  const [got, forwarded] = await send(database);
  assert.deepEqual([got.status, forwarded], [202, 1]);
  released.resolve(new Response());
});

Deno.test("what the database could not be asked about is the bridge's to refuse", async () => {
  await using database = serve(() => raised("veda"));
  for (
    const asked of [{ body: "no JSON" }, { body: "null" }, { body: "" }, { authorization: "" }]
  ) {
    const [got, forwarded] = await send(database, asked);
    assert.deepEqual([got.status, forwarded], [202, 1]);
  }
  assert.equal(database.asked.length, 0);
});
