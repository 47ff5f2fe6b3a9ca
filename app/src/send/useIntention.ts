import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import type { JobSummary, SendRequest } from "../api/messagingApi";
import { offline, Problem } from "../api/problem";
import { keys } from "../api/queries";
import { type Storage, useMessaging } from "../messaging";
import { text } from "../text/es-MX";

/** What somebody has confirmed, under the key that makes it one job however often it is asked for. */
export interface Intention {
  key: string;
  request: SendRequest;
  /** What they were told: it is shown if they have to decide about it again. */
  templateName: string;
  voters: number;
  confirmedAt: string;
}

export type Sending =
  | { state: "reading" }
  /** `refused`: the request that the problem answers; another one may be taken. */
  | { state: "idle"; problem: Problem | null; refused?: SendRequest }
  | { state: "asking"; intention: Intention }
  /** Confirmed, and nobody knows what became of it. */
  | { state: "open"; intention: Intention; problem: Problem | null }
  | { state: "sent"; summary: JobSummary };

export interface SendingActions {
  confirm: (intention: Omit<Intention, "key" | "confirmedAt">) => void;
  resume: () => void;
  discard: () => void;
}

/**
 * Sends what is confirmed, once: the intention is kept before anybody is asked and let go when the
 * answer is known, so that a second tap, a lost answer and a reload come back to the same job.
 */
export function useIntention(onSent: (summary: JobSummary) => void): Sending & SendingActions {
  const { api, storage, userId, campaignId, now } = useMessaging();
  const place = `campaignpro.messaging.intention.${userId}.${campaignId}`;
  const [sending, setSending] = useState<Sending>({ state: "reading" });
  const busy = useRef(false);
  const client = useQueryClient();

  useEffect(() => {
    void keptIntention(storage, place).then(
      (intention) =>
        setSending(
          intention === null
            ? { state: "idle", problem: null }
            : { state: "open", intention, problem: null },
        ),
      () => setSending({ state: "idle", problem: null }), // told when something is confirmed
    );
  }, [storage, place]);

  const ask = useCallback(
    async (intention: Intention) => {
      setSending({ state: "asking", intention });
      try {
        const summary = await api.send(intention.request, intention.key);
        await letGo(storage, place, intention);
        setSending({ state: "sent", summary });
        void client.invalidateQueries({ queryKey: keys.jobs(campaignId) });
        onSent(summary);
      } catch (thrown) {
        // What is no answer of the bridge leaves open what became of the list, as silence does.
        const error = thrown instanceof Problem ? thrown : offline();
        if (error.isUncertain || error.isPassing || error.isSignedOut) {
          setSending({ state: "open", intention, problem: error });
        } else {
          await letGo(storage, place, intention);
          setSending({ state: "idle", problem: error, refused: intention.request });
          // What was counted before is no longer so: the veda began, the deadline came nearer.
          void client.invalidateQueries({ queryKey: ["audience"] });
        }
      }
    },
    [api, storage, place, campaignId, client, onSent],
  );

  /** One at a time: a second tap comes before the first is drawn. */
  const once = async (work: () => Promise<void>) => {
    if (busy.current) return;
    busy.current = true;
    try {
      await work();
    } finally {
      busy.current = false;
    }
  };

  const confirm = (said: Omit<Intention, "key" | "confirmedAt">) =>
    void once(async () => {
      const intention = { ...said, key: newKey(), confirmedAt: now().toISOString() };
      try {
        const other = await keptIntention(storage, place); // confirmed in another window
        if (other !== null) {
          setSending({ state: "open", intention: other, problem: null });
          return;
        }
        await storage.setItem(place, JSON.stringify(intention));
      } catch {
        // Unkept, a lost answer could become a second list: nothing is asked.
        setSending({ state: "idle", problem: notKept(), refused: said.request });
        return;
      }
      await ask(intention);
    });
  const resume = () =>
    void once(async () => {
      if (sending.state === "open") await ask(sending.intention);
    });
  const discard = () =>
    void once(async () => {
      if (sending.state === "open") await letGo(storage, place, sending.intention);
      setSending({ state: "idle", problem: null });
    });
  return { ...sending, confirm, resume, discard };
}

/** Another window may have kept a later one; and where storage fails, the answer is known all the same. */
async function letGo(storage: Storage, place: string, { key }: Intention): Promise<void> {
  try {
    if ((await keptIntention(storage, place))?.key === key) await storage.removeItem(place);
  } catch {
    // Found again, it comes back to the same job.
  }
}

function notKept(): Problem {
  return new Problem({ status: 0, code: "intention_not_kept", detail: text.send.notKept });
}

async function keptIntention(storage: Storage, place: string): Promise<Intention | null> {
  const kept = await storage.getItem(place);
  if (kept === null) return null;
  try {
    const intention = JSON.parse(kept) as Partial<Intention>;
    return typeof intention.key === "string" && intention.request !== undefined
      ? (intention as Intention)
      : null;
  } catch {
    return null; // not written by us
  }
}

/** Unique, not secret: Hermes has no crypto.randomUUID. */
export function newKey(): string {
  const part = () => Math.floor(Math.random() * 0x1_0000_0000).toString(16).padStart(8, "0");
  return `app-${Date.now().toString(16)}-${part()}${part()}${part()}`;
}
