import type { Job } from "../api/messagingApi";
import { text } from "../text/es-MX";
import { ago, percent } from "../text/format";

/** Messages with which nothing more happens but receipts. */
export function doneOf(job: Job): number {
  return job.target_count - job.pending_count;
}

export function lineOf(job: Job, now: Date): string {
  const reached = percent(job.sent_count, job.target_count);
  return text.deliveries.line(job.sent_count, job.read_count, ago(job.started_at, now), reached);
}

/** What an open job is doing, in words. */
export function stateOf(job: Job): string {
  if (job.waiting_for !== null) return text.reasons.waiting[job.waiting_for.reason];
  return text.reasons.job[job.status];
}

export function isOpen(job: Job): boolean {
  return job.status === "processing" || job.status === "paused";
}
