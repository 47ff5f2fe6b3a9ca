import type { Job } from "../api/messagingApi";
import { text } from "../text/es-MX";
import { dateAndTime } from "../text/format";
import { Notice, Words } from "../ui";

/** What a job is doing; where it stands still, why and until when. */
export function JobStatus({ job, zone }: { job: Job; zone: string }) {
  const waiting = job.waiting_for;
  const { detail } = text.deliveries;
  return (
    <>
      <Words strong live="polite">
        {text.reasons.job[job.status]}
      </Words>
      {waiting === null ? null : (
        <Notice kind="warning">
          {[
            `${text.reasons.waiting[waiting.reason]}.`,
            waiting.detail ?? "",
            waiting.until === null ? "" : detail.until(dateAndTime(waiting.until, zone)),
          ]
            .filter((each) => each !== "")
            .join(" ")}
        </Notice>
      )}
      {job.status_reason === null ? null : <Notice kind="warning">{job.status_reason}</Notice>}
      {job.canary_state === null || job.status === "completed"
        ? null
        : <Words tone="muted">{detail.canary[job.canary_state]}</Words>}
    </>
  );
}
