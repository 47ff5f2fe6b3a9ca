import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { View } from "react-native";
import type { Job, Settings } from "../api/messagingApi";
import { keys } from "../api/queries";
import { useMessaging } from "../messaging";
import { text } from "../text/es-MX";
import { Button, Dialog, Field, ProblemNotice, SPACE, Words } from "../ui";
import { isOpen, mayDecide, maySend } from "./jobs";

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

/** Pause, resume, cancel, approve, and move to the number that the campaign has now. */
export function JobActions({ job, role }: { job: Job; role: Settings["role"] }) {
  const { api } = useMessaging();
  const [asking, setAsking] = useState<"cancel" | "approve" | null>(null);
  const change = useJobChange();
  const { actions } = text.deliveries;
  const run = (work: () => Promise<Job>) => change.mutate(work);
  if (!isOpen(job) || !maySend(role)) return null;
  const waits = job.approval === "waiting";
  return (
    <>
      <View style={{ flexDirection: "row", flexWrap: "wrap", gap: SPACE.s }}>
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
      </View>
      {change.isError ? <ProblemNotice error={change.error} /> : null}
      {asking === "cancel"
        ? (
          <CancelDialog
            pending={job.pending_count}
            onClose={() => setAsking(null)}
            onConfirm={() => run(() => api.cancelJob(job.job_id))}
          />
        )
        : null}
      {asking === "approve"
        ? (
          <ApproveDialog
            onClose={() => setAsking(null)}
            onConfirm={(reason) => run(() => api.approveJob(job.job_id, reason))}
          />
        )
        : null}
    </>
  );
}

interface CancelDialogProps {
  pending: number;
  onClose: () => void;
  onConfirm: () => void;
}

function CancelDialog({ pending, onClose, onConfirm }: CancelDialogProps) {
  const words = text.deliveries.confirmCancel;
  return (
    <Dialog
      open
      title={words.title}
      onClose={onClose}
      actions={
        <>
          <Button label={words.no} onPress={onClose} />
          <Button
            kind="danger"
            label={words.yes}
            onPress={() => {
              onClose();
              onConfirm();
            }}
          />
        </>
      }
    >
      <Words>{words.body(pending)}</Words>
    </Dialog>
  );
}

interface ApproveDialogProps {
  onClose: () => void;
  onConfirm: (reason: string) => void;
}

function ApproveDialog({ onClose, onConfirm }: ApproveDialogProps) {
  const [reason, setReason] = useState("");
  const words = text.deliveries.confirmApprove;
  return (
    <Dialog
      open
      title={words.title}
      onClose={onClose}
      actions={
        <>
          <Button label={text.cancel} onPress={onClose} />
          <Button
            kind="primary"
            label={words.yes}
            disabled={reason.trim() === ""}
            onPress={() => {
              onClose();
              onConfirm(reason.trim());
            }}
          />
        </>
      }
    >
      <Words>{words.body}</Words>
      <Field label={words.reason} value={reason} onChange={setReason} multiline maxLength={1024} />
    </Dialog>
  );
}
