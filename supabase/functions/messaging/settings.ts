// What the function reads from its environment, once, when it boots (docs/operations.md, "The Edge
// Function"). SUPABASE_… comes from Supabase, the rest are secrets of ours.

import type { Target } from "./logic.ts";

/** A service account's key, as `gcloud iam service-accounts keys create` writes it. */
export interface ServiceAccount {
  client_email: string;
  private_key_id: string;
  private_key: string;
  token_uri: string;
}

export interface Settings {
  /** The run.app URL of each private function; also the audience of the tokens that open it. */
  bridge: Readonly<Record<Target, string>>;
  account: ServiceAccount;
  supabaseUrl: string;
  publishableKey: string;
  /** Origins of web pages that may call, or `*`. */
  origins: readonly string[];
  /** How long the bridge may take until its answer begins. */
  bridgeMs: number;
  /** How long the database may take to tell of the veda. */
  vedaMs: number;
}

/** Settings are missing or wrong; each problem names one of them, and no value. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join("; "));
  }
}

/** The functions end by themselves after 90 s (terraform/deployables.tf), Supabase after 150. */
const BRIDGE_SECONDS = 100;
const LONGEST_SECONDS = 140;
const VEDA_SECONDS = 2;
const NAMES = ["client_email", "private_key_id", "private_key", "token_uri"] as const;

/**
 * Read and check all settings.
 *
 * @throws {SettingsError} with everything that is wrong at once
 */
export function readSettings(env: (name: string) => string | undefined): Settings {
  const problems: string[] = [];
  const get = <Value>(name: string, read: (text: string) => Value): Value => {
    try {
      return read(env(name)?.trim() ?? "");
    } catch (error) {
      problems.push(`${name} ${(error as Error).message}`);
      return undefined as Value;
    }
  };
  const settings = {
    bridge: { send: get("BRIDGE_SEND_URL", url), templates: get("BRIDGE_TEMPLATES_URL", url) },
    account: get("GOOGLE_SERVICE_ACCOUNT_KEY", serviceAccount),
    supabaseUrl: get("SUPABASE_URL", url),
    publishableKey: publishableKey(env, get),
    origins: get("ALLOWED_ORIGINS", origins),
    bridgeMs: get("BRIDGE_TIMEOUT_SECONDS", seconds(BRIDGE_SECONDS)),
    vedaMs: get("VEDA_TIMEOUT_SECONDS", seconds(VEDA_SECONDS)),
  };
  if (problems.length) throw new SettingsError(problems);
  return settings;
}

function publishableKey(
  env: (name: string) => string | undefined,
  get: (name: string, read: (text: string) => string) => string,
): string {
  // Projects with keys of the older kind alone have no list of the newer ones.
  const hasNew = Object.keys(parsed(env("SUPABASE_PUBLISHABLE_KEYS"))).length > 0;
  return hasNew
    ? get("SUPABASE_PUBLISHABLE_KEYS", (text) => nonEmpty(String(Object.values(parsed(text))[0])))
    : get("SUPABASE_ANON_KEY", nonEmpty);
}

function url(text: string): string {
  const parsed = URL.canParse(text) ? new URL(text) : null;
  const isLocal = ["127.0.0.1", "localhost"].includes(parsed?.hostname ?? "");
  if (parsed?.protocol !== "https:" && !(parsed?.protocol === "http:" && isLocal)) {
    throw new Error("must be an https:// URL");
  }
  return text.replace(/\/+$/, "");
}

function serviceAccount(text: string): ServiceAccount {
  const key = parsed(text) as Partial<ServiceAccount>;
  const missing = NAMES.filter((name) => typeof key[name] !== "string" || !key[name]);
  if (missing.length) throw new Error(`must be the JSON of a key; it lacks ${missing.join(", ")}`);
  url(key.token_uri ?? "");
  return key as ServiceAccount;
}

function origins(text: string): string[] {
  const listed = text.split(",").map((origin) => origin.trim()).filter(Boolean);
  const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;
  if (listed.some((origin) => origin !== "*" && !isOrigin(origin))) {
    throw new Error("must be origins as https://app.example.org, separated by commas");
  }
  return listed;
}

function seconds(usual: number): (text: string) => number {
  return (text) => {
    const value = text ? Number(text) : usual;
    if (!(value > 0 && value <= LONGEST_SECONDS)) {
      throw new Error(`must be seconds, at most ${LONGEST_SECONDS}`);
    }
    return value * 1000;
  };
}

function nonEmpty(text: string): string {
  if (!text) throw new Error("is missing");
  return text;
}

function parsed(text: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
  } catch {
    return {};
  }
}
