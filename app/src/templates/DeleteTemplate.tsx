import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Template } from "../api/messagingApi";
import { keys } from "../api/queries";
import { useMessaging } from "../messaging";
import { nameOf } from "../send/TemplateSelector";
import { text } from "../text/es-MX";
import { Button, Dialog, ProblemNotice, Words } from "../ui";

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
    <Dialog
      open
      title={words.title(nameOf(template))}
      onClose={onClose}
      actions={
        <>
          <Button label={text.cancel} onPress={onClose} />
          <Button
            kind="danger"
            label={words.yes}
            busy={remove.isPending}
            onPress={() => remove.mutate()}
          />
        </>
      }
    >
      <Words>{words.body}</Words>
      {remove.isError ? <ProblemNotice error={remove.error} /> : null}
    </Dialog>
  );
}
