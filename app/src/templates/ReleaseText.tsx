import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { TemplateDraft } from "../api/messagingApi";
import { useMessaging } from "../messaging";
import { text } from "../text/es-MX";
import { Button, Dialog, Field, Notice, ProblemNotice, Words } from "../ui";

/** For who may approve: lets everybody but themselves use a text that was blocked. */
export function ReleaseText({ draft }: { draft: TemplateDraft }) {
  const { api, campaignId } = useMessaging();
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const words = text.templates.release;
  const release = useMutation({
    mutationFn: () =>
      api.releaseContent({ campaign_id: campaignId, reason: reason.trim(), template: draft }),
    onSuccess: () => setOpen(false),
  });
  return (
    <>
      <Button label={words.action} onPress={() => setOpen(true)} />
      {release.isSuccess ? <Notice kind="good">{words.done}</Notice> : null}
      {open
        ? (
          <Dialog
            open
            title={words.title}
            onClose={() => setOpen(false)}
            actions={
              <>
                <Button label={text.cancel} onPress={() => setOpen(false)} />
                <Button
                  kind="primary"
                  label={words.yes}
                  disabled={reason.trim() === ""}
                  busy={release.isPending}
                  onPress={() => release.mutate()}
                />
              </>
            }
          >
            <Words>{words.body}</Words>
            <Field
              label={words.reason}
              value={reason}
              onChange={setReason}
              multiline
              maxLength={1024}
            />
            {release.isError ? <ProblemNotice error={release.error} /> : null}
          </Dialog>
        )
        : null}
    </>
  );
}
