import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ComposedTemplate, Template } from "../api/messagingApi";
import { Problem } from "../api/problem";
import { keys } from "../api/queries";
import { useMessaging } from "../messaging";
import { draftOf, editOf, type Form } from "./form";

export interface Composer {
  /** What the bridge makes of the form as it is now; null: it was not asked about that. */
  checked: ComposedTemplate | null;
  submitted: boolean;
  busy: boolean;
  problem: Problem | null;
  check: () => void;
  submit: () => void;
}

/** Judge the form without telling Meta, then give it to Meta: only what was judged can be given. */
export function useComposer(template: Template | null, form: Form): Composer {
  const { api, campaignId } = useMessaging();
  const client = useQueryClient();
  const [answer, setAnswer] = useState<{ of: string; composed: ComposedTemplate } | null>(null);
  const [submitted, setSubmitted] = useState<string | null>(null);
  const said = JSON.stringify(form);
  const ask = useMutation({
    // `of` goes with the request: what is typed while it is asked was not judged.
    mutationFn: ({ dry }: { dry: boolean; of: string }) =>
      template === null
        ? api.createTemplate(campaignId, { ...draftOf(form), dry_run: dry })
        : api.editTemplate(template.id, { ...editOf(form), dry_run: dry }),
    onSuccess: async (composed, { dry, of }) => {
      setAnswer({ of, composed });
      if (dry) return;
      setSubmitted(of);
      await client.invalidateQueries({ queryKey: keys.templates(campaignId) });
    },
  });
  return {
    checked: answer?.of === said ? answer.composed : null,
    submitted: submitted === said,
    busy: ask.isPending,
    problem: ask.error instanceof Problem ? ask.error : null,
    check: () => ask.mutate({ dry: true, of: said }),
    submit: () => ask.mutate({ dry: false, of: said }),
  };
}
