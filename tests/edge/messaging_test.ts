import assert from "node:assert/strict";
import type { Settings } from "../../supabase/functions/messaging/settings.ts";
import { google, messaging, nobody, type Peer, request, serve, settings } from "./surroundings.ts";

const ORIGIN = "https://app.example.org";
const MIB = 1024 * 1024;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const USER = { authorization: "Bearer user" };

/** Answer one request, with a Google that works and this bridge. */
async function answer(
  asked: Request,
  bridge: Peer | { url: string },
  changes: Partial<Settings> = {},
): Promise<Response> {
  await using minting = google();
  const all = { ...settings({ google: minting.url, bridge: bridge.url }), ...changes };
  return await messaging(all).answer(asked);
}

async function assertProblem(of: Response, status: number, code: string): Promise<void> {
  assert.equal(of.status, status);
  assert.equal(of.headers.get("content-type"), "application/problem+json");
  const told = await of.json();
  assert.equal(told.type, `urn:campaignpro:whatsapp:${code}`);
  assert.deepEqual([told.status, told.code], [status, code]);
  assert.ok(told.title && told.detail);
}

/** The database, if there is no veda. */
const noVeda = (): Response => new Response(null, { status: 204 });
const isVeda = (asked: Request): boolean =>
  new URL(asked.url).pathname === "/rest/v1/rpc/wa_refuse_veda";
/** The bridge, and the database at the same address. */
function peers(bridge: (asked: Request) => Response | Promise<Response>): Peer {
  return serve((asked) => isVeda(asked) ? noVeda() : bridge(asked));
}

Deno.test("a call goes on with method, path, query, body and both identities", async () => {
  let told = "";
  await using bridge = serve(async (asked) => {
    told = await asked.text();
    return Response.json({ ok: true }, { status: 201 });
  });
  const init = { body: '{"a": "ñ"}', headers: { ...USER, "content-type": "application/json" } };
  const got = await answer(request("POST", "/test-numbers?x=%2F&x=a%20b", init), bridge);
  assert.equal(got.status, 201);
  assert.deepEqual(await got.json(), { ok: true });
  const [asked] = bridge.asked;
  assert.equal(asked?.method, "POST");
  assert.equal(asked?.url, `${bridge.url}/test-numbers?x=%2F&x=a%20b`);
  assert.equal(told, '{"a": "ñ"}');
  assert.equal(asked?.headers.get("authorization"), "Bearer user");
  assert.match(asked?.headers.get("x-serverless-authorization") ?? "", /^Bearer e30\./);
});

Deno.test("a problem of the bridge passes unchanged, with its Retry-After", async () => {
  await using bridge = serve(() =>
    new Response('{"code":"busy"}', {
      status: 429,
      headers: { "content-type": "application/problem+json", "retry-after": "3" },
    })
  );
  const got = await answer(request("GET", "/jobs"), bridge);
  assert.deepEqual([got.status, got.headers.get("retry-after")], [429, "3"]);
  assert.equal(await got.text(), '{"code":"busy"}');
});

Deno.test("a path or method that does not exist asks nobody", async () => {
  await using bridge = serve(() => new Response());
  await assertProblem(await answer(request("GET", "/nothing"), bridge), 404, "path_not_found");
  await assertProblem(
    await answer(request("PROPFIND", "/jobs"), bridge),
    405,
    "method_not_allowed",
  );
  assert.equal(bridge.asked.length, 0);
});

Deno.test("a key that is absent is made, sent and given back", async () => {
  await using bridge = peers(() => Response.json({}, { status: 202 }));
  for (const path of ["/send", "/templates/1/test"]) {
    const got = await answer(request("POST", path, { body: "{}", headers: USER }), bridge);
    const key = got.headers.get("idempotency-key") ?? "";
    assert.match(key, UUID);
    assert.equal(bridge.asked.at(-1)?.headers.get("idempotency-key"), key);
  }
});

Deno.test("a key that is given is kept", async () => {
  await using bridge = peers(() => Response.json({}, { status: 202 }));
  const headers = { ...USER, "idempotency-key": "mine" };
  const got = await answer(request("POST", "/send", { body: "{}", headers }), bridge);
  assert.equal(got.headers.get("idempotency-key"), "mine");
  assert.equal(bridge.asked.at(-1)?.headers.get("idempotency-key"), "mine");
});

Deno.test("the key comes back also when the answer was lost, so that it can be asked again", async () => {
  await using database = serve(noVeda);
  const away = { url: await nobody() };
  const changes = { supabaseUrl: database.url };
  const got = await answer(request("POST", "/send", { body: "{}", headers: USER }), away, changes);
  assert.match(got.headers.get("idempotency-key") ?? "", UUID);
  assert.equal(got.headers.get("retry-after"), "5");
  await assertProblem(got, 503, "bridge_unreachable");
});

Deno.test("calls that may happen twice get no key", async () => {
  await using bridge = serve(() => Response.json({}));
  const got = await answer(request("POST", "/audience", { body: "{}" }), bridge);
  assert.equal(got.headers.get("idempotency-key"), null);
  assert.equal(bridge.asked[0]?.headers.get("idempotency-key"), null);
});

Deno.test("an answer is passed on while it still comes", async () => {
  let next: ReadableStreamDefaultController<Uint8Array> | undefined;
  await using bridge = serve(() =>
    new Response(
      new ReadableStream({
        start(controller): void {
          next = controller;
          controller.enqueue(new TextEncoder().encode("seq,at\n"));
        },
      }),
      { headers: { "content-type": "text/csv", "content-disposition": "attachment" } },
    )
  );
  const got = await answer(request("GET", "/audit?campaign_id=1"), bridge);
  assert.equal(got.headers.get("content-disposition"), "attachment");
  const reader = got.body!.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader.read()).value, "seq,at\n"); // the bridge has not finished yet
  next?.enqueue(new TextEncoder().encode("1,x\n"));
  assert.equal((await reader.read()).value, "1,x\n");
  next?.close();
  assert.ok((await reader.read()).done);
});

Deno.test("an answer that no memory would hold passes in pieces", async () => {
  const pieces = 512; // of a MiB: twice what Supabase gives the function
  let given = 0;
  await using bridge = serve(() =>
    new Response(
      new ReadableStream({
        pull(controller): void {
          if (given++ < pieces) controller.enqueue(new Uint8Array(MIB));
          else controller.close();
        },
      }),
      { headers: { "content-type": "text/csv" } },
    )
  );
  const got = await answer(request("GET", "/audit?campaign_id=1"), bridge);
  const before = Deno.memoryUsage().rss;
  let size = 0;
  let most = 0;
  for await (const piece of got.body!) {
    size += piece.byteLength;
    most = Math.max(most, Deno.memoryUsage().rss - before);
  }
  assert.equal(size, pieces * MIB);
  assert.ok(most < 128 * MIB, `${most / MIB} MiB were held`);
});

Deno.test("a file is passed on while it still comes", async () => {
  const first = Promise.withResolvers<string>();
  await using bridge = serve(async (asked) => {
    const reader = asked.body!.pipeThrough(new TextDecoderStream()).getReader();
    first.resolve((await reader.read()).value ?? "");
    let rest = "";
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      rest += piece.value;
    }
    return Response.json({ rest });
  });
  const { readable, writable } = new TransformStream<string, string>();
  const writer = writable.getWriter();
  const coming = answer(
    request("POST", "/consents", { body: readable.pipeThrough(new TextEncoderStream()) }),
    bridge,
  );
  await writer.write("telefono\n");
  assert.equal(await first.promise, "telefono\n"); // and the app has not finished yet
  await writer.write("5512345678\n");
  await writer.close();
  assert.deepEqual(await (await coming).json(), { rest: "5512345678\n" });
});

Deno.test("a body that tells that it is too large is not read at all", async () => {
  await using bridge = serve(() => new Response());
  for (const [path, most] of [["/media", 16], ["/consents", 10], ["/send", 5], ["/jobs", 5]]) {
    const headers = { "content-length": String(Number(most) * MIB + 1) };
    const asked = request("POST", String(path), { body: "x", headers });
    await assertProblem(await answer(asked, bridge), 413, "body_too_large");
  }
  assert.equal(bridge.asked.length, 0);
});

Deno.test("a body that tells nothing is broken off where it becomes too large", async () => {
  await using bridge = peers(async (asked) =>
    Response.json((await asked.arrayBuffer()).byteLength)
  );
  const piece = new Uint8Array(MIB);
  for (const [path, most] of [["/consents", 10], ["/send", 5]] as const) {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller): void {
        sent += 1;
        controller.enqueue(piece);
      },
    });
    const got = await answer(request("POST", path, { body: endless }), bridge);
    await assertProblem(got, 413, "body_too_large");
    assert.ok(sent < most + 10, `${sent} MiB were taken`);
  }
});

Deno.test("a bridge that is too slow is given up", async () => {
  const released = Promise.withResolvers<Response>();
  await using bridge = serve(() => released.promise);
  const got = await answer(request("GET", "/jobs"), bridge, { bridgeMs: 100 });
  await assertProblem(got, 504, "bridge_timeout");
  released.resolve(new Response());
});

for (
  const [status, code] of [
    [302, "bridge_unreachable"],
    [401, "bridge_unreachable"],
    [403, "bridge_unreachable"],
    [404, "bridge_unreachable"],
    [429, "bridge_unreachable"],
    [500, "bridge_unreachable"],
    [503, "bridge_unreachable"],
    [504, "bridge_timeout"],
  ] as const
) {
  Deno.test(`a ${status} that is not the bridge's does not reach the app as such`, async () => {
    const headers = { "content-type": "text/html", location: "https://accounts.google.com" };
    await using bridge = serve(() =>
      new Response("<h1>Error: Forbidden</h1>", { status, headers })
    );
    const got = await answer(request("GET", "/jobs"), bridge);
    await assertProblem(got, code === "bridge_timeout" ? 504 : 503, code);
  });
}

Deno.test("a refused ID token is replaced for the next call", async () => {
  await using minting = google();
  await using bridge = serve(() => new Response("<html>", { status: 401 }));
  const one = messaging(settings({ google: minting.url, bridge: bridge.url }));
  await (await one.answer(request("GET", "/jobs"))).body?.cancel();
  await (await one.answer(request("GET", "/jobs"))).body?.cancel();
  assert.equal(minting.asked.length, 2);
});

Deno.test("without Google nothing is forwarded", async () => {
  await using bridge = serve(() => new Response());
  const one = messaging(settings({ google: await nobody(), bridge: bridge.url }));
  await assertProblem(await one.answer(request("GET", "/jobs")), 503, "google_unavailable");
  assert.equal(bridge.asked.length, 0);
});

Deno.test("a page of the app may ask, and read what it needs", async () => {
  await using bridge = serve(() => Response.json({}));
  const asking = { origin: ORIGIN, "access-control-request-method": "POST" };
  const before = await answer(request("OPTIONS", "/send", { headers: asking }), bridge);
  assert.equal(before.status, 204);
  assert.equal(before.headers.get("access-control-allow-origin"), ORIGIN);
  assert.equal(before.headers.get("vary"), "Origin");
  const allowed = before.headers.get("access-control-allow-headers")?.split(", ") ?? [];
  for (
    const name of ["authorization", "apikey", "x-client-info", "content-type", "idempotency-key"]
  ) {
    assert.ok(allowed.includes(name), name);
  }
  assert.match(before.headers.get("access-control-allow-methods") ?? "", /\bPATCH\b.*\bDELETE\b/);
  assert.equal(bridge.asked.length, 0);
  const got = await answer(request("GET", "/jobs", { headers: { origin: ORIGIN } }), bridge);
  assert.equal(got.headers.get("access-control-allow-origin"), ORIGIN);
  const exposed = got.headers.get("access-control-expose-headers") ?? "";
  for (const name of ["Idempotency-Key", "Retry-After", "Content-Disposition"]) {
    assert.ok(exposed.includes(name), name);
  }
  await got.body?.cancel();
});

Deno.test("a page may read a refusal, too", async () => {
  const got = await answer(
    request("GET", "/nothing", { headers: { origin: ORIGIN } }),
    { url: await nobody() },
  );
  assert.equal(got.headers.get("access-control-allow-origin"), ORIGIN);
  await assertProblem(got, 404, "path_not_found");
});

for (const origin of ["https://evil.example", "http://app.example.org", "null"]) {
  Deno.test(`a page of ${origin} is refused, before and when it asks`, async () => {
    await using bridge = serve(() => Response.json({}));
    for (const method of ["OPTIONS", "GET"]) {
      const got = await answer(request(method, "/jobs", { headers: { origin } }), bridge);
      assert.equal(got.headers.get("access-control-allow-origin"), null);
      await assertProblem(got, 403, "origin_not_allowed");
    }
    assert.equal(bridge.asked.length, 0);
  });
}

Deno.test("every page may ask if the operator says so", async () => {
  await using bridge = serve(() => Response.json({}));
  const headers = { origin: "https://elsewhere.example" };
  const got = await answer(request("GET", "/jobs", { headers }), bridge, { origins: ["*"] });
  assert.equal(got.headers.get("access-control-allow-origin"), "https://elsewhere.example");
  await got.body?.cancel();
});
