import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Template } from "../api/messagingApi";
import { keys } from "../api/queries";
import { useMessaging } from "../messaging";
import { nameOf } from "../send/TemplateSelector";
import { text } from "../text/es-MX";
import { ProblemNotice, Question, Words } from "../ui";

export function DeleteTemplate({ template, onClose }: { template: Template; onClose: () => void }) {
  const { api, campaignId } = useMessaging();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.deleteTemplate(template.id),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: keys.templates(campaignId) });
    },
  });
  const words = text.templates.confirmRemove;
  return (
    <Question
      title={words.title(nameOf(template))}
      onNo={onClose}
      yes={words.yes}
      kind="danger"
      busy={remove.isPending}
      onYes={() => remove.mutate()}
    >
      <Words>{words.body}</Words>
      {remove.isError ? <ProblemNotice error={remove.error} /> : null}
    </Question>
  );
}
