import assert from "node:assert/strict";
import { readSettings, SettingsError } from "../../supabase/functions/messaging/settings.ts";

const KEY = JSON.stringify({
  type: "service_account",
  client_email: "edge@demo.iam.gserviceaccount.com",
  private_key_id: "1",
  private_key: "-----BEGIN PRIVATE KEY-----",
  token_uri: "https://oauth2.googleapis.com/token",
});
const COMPLETE: Record<string, string> = {
  SUPABASE_URL: "https://ref.supabase.co",
  SUPABASE_PUBLISHABLE_KEYS: '{"default": "sb_publishable_1"}',
  BRIDGE_SEND_URL: "https://send-abc-uc.a.run.app/",
  BRIDGE_TEMPLATES_URL: "https://templates-abc-uc.a.run.app",
  GOOGLE_SERVICE_ACCOUNT_KEY: KEY,
};

function read(changes: Record<string, string> = {}): ReturnType<typeof readSettings> {
  const all = { ...COMPLETE, ...changes };
  return readSettings((name) => all[name]);
}

function problems(changes: Record<string, string>): readonly string[] {
  try {
    read(changes);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

Deno.test("complete settings need nothing else", () => {
  const settings = read();
  assert.equal(settings.bridge.send, "https://send-abc-uc.a.run.app");
  assert.equal(settings.publishableKey, "sb_publishable_1");
  assert.deepEqual(settings.origins, []);
  assert.deepEqual([settings.bridgeMs, settings.vedaMs], [100_000, 2000]);
});

Deno.test("every missing setting is named at once", () => {
  const nothing = Object.fromEntries(Object.keys(COMPLETE).map((name) => [name, ""]));
  assert.deepEqual(problems(nothing).map((problem) => problem.split(" ")[0]), [
    "BRIDGE_SEND_URL",
    "BRIDGE_TEMPLATES_URL",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "SUPABASE_URL",
    "SUPABASE_ANON_KEY",
  ]);
});

Deno.test("a project with keys of the older kind alone is served too", () => {
  assert.equal(
    read({ SUPABASE_PUBLISHABLE_KEYS: "", SUPABASE_ANON_KEY: "eyJ" }).publishableKey,
    "eyJ",
  );
});

for (
  const [name, value] of [
    ["BRIDGE_SEND_URL", "http://send-abc-uc.a.run.app"],
    ["BRIDGE_TEMPLATES_URL", "templates"],
    ["GOOGLE_SERVICE_ACCOUNT_KEY", "{}"],
    [
      "GOOGLE_SERVICE_ACCOUNT_KEY",
      KEY.replace("https://oauth2.googleapis.com", "http://evil.example"),
    ],
    ["ALLOWED_ORIGINS", "https://app.example.org/path"],
    ["ALLOWED_ORIGINS", "app.example.org"],
    ["BRIDGE_TIMEOUT_SECONDS", "0"],
    ["BRIDGE_TIMEOUT_SECONDS", "141"],
    ["VEDA_TIMEOUT_SECONDS", "soon"],
  ] as const
) {
  Deno.test(`${name} is not taken as ${value.slice(0, 30)}…`, () => {
    const found = problems({ [name]: value });
    assert.equal(found.length, 1);
    assert.ok(found[0]?.startsWith(name));
  });
}

Deno.test("no problem quotes a value", () => {
  const told = problems({
    GOOGLE_SERVICE_ACCOUNT_KEY: KEY.replace("token_uri", "x"),
    ALLOWED_ORIGINS: "secret",
  });
  assert.ok(!told.join().includes("PRIVATE") && !told.join().includes("secret"));
});
