import assert from "node:assert/strict";
import * as logic from "../../supabase/functions/messaging/logic.ts";

Deno.test("each path goes to the function that answers it", () => {
  const send = ["/send", "/audience", "/jobs", "/jobs/1/pause", "/settings", "/consents"];
  send.push("/voters/1/consent", "/audit", "/privacy/erase", "/content-releases");
  const templates = [
    "/templates",
    "/templates/1/test",
    "/media",
    "/test-numbers",
    "/test-numbers/1",
  ];
  for (const path of send) {
    assert.deepEqual(logic.destination(`/messaging${path}`), { target: "send", path });
  }
  for (const path of templates) {
    assert.deepEqual(logic.destination(`/messaging${path}`), { target: "templates", path });
  }
});

for (
  const path of [
    "/messaging",
    "/messaging/",
    "/messaging/nothing",
    "/messaging//evil.example/send",
    "/messaging/%73end",
    "/messaging/sendx",
    "/messagingsend",
    "/send",
    "/other/send",
    "/messaging/constructor",
  ]
) {
  Deno.test(`${path} leads nowhere`, () => assert.equal(logic.destination(path), null));
}

Deno.test("what must not happen twice takes a key, and nothing else does", () => {
  assert.ok(logic.takesKey("POST", "/send"));
  assert.ok(logic.takesKey("POST", "/templates/1/test"));
  for (const path of ["/audience", "/templates", "/jobs/1/pause", "/templates/1/2/test"]) {
    assert.ok(!logic.takesKey("POST", path));
  }
  assert.ok(!logic.takesKey("GET", "/send"));
});

Deno.test("the bridge hears whose call it is and what is asked, and nothing else", () => {
  const from = new Headers({
    accept: "text/csv",
    apikey: "sb_publishable_1",
    authorization: "Bearer user",
    connection: "keep-alive, x-hop",
    "content-type": "application/json",
    cookie: "a=b",
    host: "ref.supabase.co",
    "idempotency-key": "1",
    "keep-alive": "timeout=5",
    origin: "https://app.example.org",
    te: "trailers",
    "transfer-encoding": "chunked",
    upgrade: "h2c",
    "x-forwarded-for": "10.0.0.1",
    "x-hop": "1",
    "x-serverless-authorization": "Bearer forged",
  });
  assert.deepEqual(Object.fromEntries(logic.headersForBridge(from, "minted")), {
    accept: "text/csv",
    "accept-encoding": "identity",
    authorization: "Bearer user",
    "content-type": "application/json",
    "idempotency-key": "1",
    "x-serverless-authorization": "Bearer minted",
  });
});

Deno.test("the app hears what the answer is, and nothing of the way it came", () => {
  const from = new Headers({
    "alt-svc": "h3",
    connection: "close",
    "content-disposition": 'attachment; filename="a.csv"',
    "content-type": "text/csv",
    "keep-alive": "timeout=5",
    "retry-after": "3",
    server: "Google Frontend",
    "set-cookie": "a=b",
    "transfer-encoding": "chunked",
    "x-cloud-trace-context": "1",
  });
  assert.deepEqual(Object.fromEntries(logic.headersForApp(from)), {
    "cache-control": "no-store",
    "content-disposition": 'attachment; filename="a.csv"',
    "content-type": "text/csv",
    "retry-after": "3",
    "x-content-type-options": "nosniff",
  });
});

Deno.test("an answer is the bridge's if it is good or a problem", () => {
  assert.ok(logic.isFromBridge(202, "application/json"));
  assert.ok(logic.isFromBridge(204, null));
  assert.ok(logic.isFromBridge(503, "application/problem+json"));
  for (const status of [302, 401, 403, 404, 429, 500, 503, 504]) {
    assert.ok(!logic.isFromBridge(status, "text/html; charset=UTF-8"));
    assert.ok(!logic.isFromBridge(status, null));
  }
});
