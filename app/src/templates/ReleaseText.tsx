import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { TemplateDraft } from "../api/messagingApi";
import { useMessaging } from "../messaging";
import { text } from "../text/es-MX";
import { Button, Notice, ProblemNotice, ReasonQuestion } from "../ui";

/** For who may approve: lets everybody but themselves use a text that was blocked. */
export function ReleaseText({ draft }: { draft: TemplateDraft }) {
  const { api, campaignId } = useMessaging();
  const [open, setOpen] = useState(false);
  const words = text.templates.release;
  const release = useMutation({
    mutationFn: (reason: string) =>
      api.releaseContent({ campaign_id: campaignId, reason, template: draft }),
    onSuccess: () => setOpen(false),
  });
  return (
    <>
      <Button label={words.action} onPress={() => setOpen(true)} />
      {release.isSuccess ? <Notice kind="good">{words.done}</Notice> : null}
      {open
        ? (
          <ReasonQuestion
            words={words}
            onNo={() => setOpen(false)}
            busy={release.isPending}
            onYes={(reason) => release.mutate(reason)}
          >
            {release.isError ? <ProblemNotice error={release.error} /> : null}
          </ReasonQuestion>
        )
        : null}
    </>
  );
}
