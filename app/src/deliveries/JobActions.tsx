import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Job, Settings } from "../api/messagingApi";
import { keys } from "../api/queries";
import { useMessaging } from "../messaging";
import { text } from "../text/es-MX";
import { Button, ProblemNotice, Question, ReasonQuestion, Words, Wrap } from "../ui";
import { mayDecide, maySend } from "../campaign";
import { isOpen } from "./jobs";

/** Do something to a job, and show what it is then. */
export function useJobChange() {
  const client = useQueryClient();
  const { campaignId } = useMessaging();
  return useMutation({
    mutationFn: (change: () => Promise<Job>) => change(),
    onSuccess: (job) => void client.setQueryData(keys.job(job.job_id), job),
    onSettled: (job) =>
      Promise.all([
        client.invalidateQueries({ queryKey: keys.jobs(campaignId) }),
        job === undefined
          ? undefined
          : client.invalidateQueries({ queryKey: ["recipients", job.job_id] }),
      ]),
  });
}

type Asking = "cancel" | "approve" | null;

/** Pause, resume, cancel, approve, and move to the number that the campaign has now. */
export function JobActions({ job, role }: { job: Job; role: Settings["role"] }) {
  const { api } = useMessaging();
  const [asking, setAsking] = useState<Asking>(null);
  const change = useJobChange();
  const { actions } = text.deliveries;
  const run = (work: () => Promise<Job>) => change.mutate(work);
  if (!isOpen(job) || !maySend(role)) return null;
  const waits = job.approval === "waiting";
  return (
    <>
      <Wrap>
        {job.status === "processing"
          ? (
            <Button
              label={actions.pause}
              busy={change.isPending}
              onPress={() => run(() => api.pauseJob(job.job_id))}
            />
          )
          : waits
          ? null
          : (
            <Button
              kind="primary"
              label={actions.resume}
              busy={change.isPending}
              onPress={() => run(() => api.resumeJob(job.job_id))}
            />
          )}
        {waits && mayDecide(role)
          ? (
            <Button
              kind="primary"
              label={actions.approve}
              busy={change.isPending}
              onPress={() => setAsking("approve")}
            />
          )
          : null}
        {job.waiting_for?.movable === true
          ? (
            <Button
              label={actions.move}
              busy={change.isPending}
              onPress={() => run(() => api.moveJob(job.job_id))}
            />
          )
          : null}
        <Button
          kind="danger"
          label={actions.cancel}
          busy={change.isPending}
          onPress={() => setAsking("cancel")}
        />
      </Wrap>
      {change.isError ? <ProblemNotice error={change.error} /> : null}
      <JobQuestion
        asking={asking}
        job={job}
        onNo={() => setAsking(null)}
        onYes={(work) => {
          setAsking(null);
          run(work);
        }}
      />
    </>
  );
}

interface JobQuestionProps {
  asking: Asking;
  job: Job;
  onNo: () => void;
  onYes: (work: () => Promise<Job>) => void;
}

/** What cannot be undone, and what has to be answered for, is asked first. */
function JobQuestion({ asking, job, onNo, onYes }: JobQuestionProps) {
  const { api } = useMessaging();
  const { confirmApprove, confirmCancel } = text.deliveries;
  if (asking === null) return null;
  if (asking === "approve") {
    return (
      <ReasonQuestion
        words={confirmApprove}
        onNo={onNo}
        onYes={(reason) => onYes(() => api.approveJob(job.job_id, reason))}
      />
    );
  }
  return (
    <Question
      title={confirmCancel.title}
      no={confirmCancel.no}
      onNo={onNo}
      yes={confirmCancel.yes}
      kind="danger"
      onYes={() => onYes(() => api.cancelJob(job.job_id))}
    >
      <Words>{confirmCancel.body(job.pending_count)}</Words>
    </Question>
  );
}
