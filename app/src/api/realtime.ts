import {
  REALTIME_CHANNEL_STATES as CHANNEL,
  REALTIME_SUBSCRIBE_STATES as STATE,
  type RealtimeChannel,
  type SupabaseClient,
} from "@supabase/supabase-js";

/** Tells which job changed, and whether it can tell; gives back how to stop. */
export type WatchJobs = (
  campaignId: string,
  onChange: (jobId: string) => void,
  onLive: (live: boolean) => void,
) => () => void;

interface Announcement {
  payload: { job_id: string };
}

// A change less than a second behind an announcement is not announced (docs/api.md, "Realtime").
const SETTLED_MS = 2_000;
// Realtime-js tries again by itself, but for a channel that the server closed.
const AGAIN_MS = 1_000;

/**
 * Jobs of a campaign by Supabase Realtime, as the user who is signed in to `supabase`. Each
 * announcement is told at once, and the last one again when nothing more can be behind it.
 */
export function watchJobs(supabase: SupabaseClient, settledMs: number = SETTLED_MS): WatchJobs {
  return (campaignId, onChange, onLive) => {
    const told = tellTwice(onChange, settledMs);
    const leave = stayJoined(supabase, `messaging:${campaignId}`, told.tell, onLive);
    return () => {
      told.stop();
      leave();
    };
  };
}

function tellTwice(onChange: (jobId: string) => void, settledMs: number) {
  const waiting = new Map<string, ReturnType<typeof setTimeout>>();
  return {
    tell: (jobId: string) => {
      clearTimeout(waiting.get(jobId));
      const again = () => {
        waiting.delete(jobId);
        onChange(jobId);
      };
      waiting.set(jobId, setTimeout(again, settledMs));
      onChange(jobId);
    },
    stop: () => {
      waiting.forEach((timer) => clearTimeout(timer));
      waiting.clear();
    },
  };
}

function stayJoined(
  supabase: SupabaseClient,
  topic: string,
  tell: (jobId: string) => void,
  onLive: (live: boolean) => void,
): () => void {
  let stopped = false;
  let joined: RealtimeChannel | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const joinLater = () => {
    joined = null;
    timer = setTimeout(() => void join(), AGAIN_MS);
  };
  const join = async () => {
    await supabase.realtime.setAuth().catch(() => undefined); // offline: joining will tell
    if (stopped) return;
    const channel = supabase.channel(topic, { config: { private: true } });
    // Another screen's: a channel tells its state to one. We ask until it is free.
    if (channel.state !== CHANNEL.closed) {
      joinLater();
      return;
    }
    joined = channel;
    channel.on("broadcast", { event: "job_changed" }, ({ payload }: Announcement) => {
      if (!stopped) tell(payload.job_id);
    });
    channel.subscribe((state) => {
      if (stopped) return;
      onLive(state === STATE.SUBSCRIBED);
      if (state === STATE.CLOSED) joinLater();
    });
  };
  void join();
  return () => {
    stopped = true;
    clearTimeout(timer);
    if (joined !== null) void supabase.removeChannel(joined);
  };
}
