import { useCallback } from "react";
import { useFilterValues, useSettings, useTemplates } from "../api/queries";
import type {
  AudienceRequest,
  FilterValue,
  JobSummary,
  SendRequest,
  Settings,
  Template,
} from "../api/messagingApi";
import { maySend } from "../campaign";
import { text } from "../text/es-MX";
import { Loading, Notice, ProblemNotice } from "../ui";
import { AudienceCount } from "./AudienceCount";
import { AudienceFilter } from "./AudienceFilter";
import { Findings } from "./Findings";
import { OpenIntention } from "./OpenIntention";
import { PersonalizationForm } from "./PersonalizationForm";
import { SendButton } from "./SendButton";
import { nameOf, TemplateSelector } from "./TemplateSelector";
import { useCount } from "./useCount";
import { useDraft } from "./useDraft";
import { useIntention } from "./useIntention";
import { WhenToSend } from "./WhenToSend";

interface SendViewProps {
  onSent: (jobId: string) => void;
  voterIds?: readonly string[];
}

/** Pick a template, fill it in, choose whom, confirm. */
export function SendView({ onSent, voterIds }: SendViewProps) {
  const templates = useTemplates();
  const values = useFilterValues();
  const settings = useSettings();
  const failed = [templates, values, settings].find((query) => query.isError && !query.data);
  if (failed !== undefined) {
    return <ProblemNotice error={failed.error} onRetry={() => void failed.refetch()} />;
  }
  if (!templates.data || !values.data || !settings.data) return <Loading label={text.loading} />;
  if (!maySend(settings.data.role)) {
    return <Notice kind="info">{text.send.notYet.role}</Notice>;
  }
  return (
    <Form
      templates={templates.data}
      filterValues={values.data}
      settings={settings.data}
      onSent={onSent}
      {...(voterIds === undefined ? {} : { voterIds })}
    />
  );
}

type FormProps = SendViewProps & {
  templates: Template[];
  filterValues: FilterValue[];
  settings: Settings;
};

function Form({ templates, filterValues, settings, onSent, voterIds }: FormProps) {
  const draft = useDraft(templates, settings, voterIds);
  const count = useCount(draft.request);
  const sent = useCallback((summary: JobSummary) => onSent(summary.job_id), [onSent]);
  const sending = useIntention(sent);
  const { template, moment } = draft;
  const reason = reasonToWait({
    hasTemplate: template !== null,
    isComplete: draft.isComplete,
    isTimed: "at" in moment,
    isCounting: count.counting,
    isCounted: count.preview !== null && count.problem === null,
    eligible: count.preview?.eligible_count ?? 0,
    isOpen: sending.state === "open" || sending.state === "reading",
  });
  const refusal = sending.state === "idle" && isAbout(draft.request, sending.refused)
    ? sending.problem
    : null;
  const confirm = (acceptCut: boolean) => {
    if (template === null || count.preview === null) return;
    sending.confirm({
      request: { ...draft.request, template_id: template.id, accept_cut: acceptCut },
      templateName: nameOf(template),
      voters: count.preview.eligible_count,
    });
  };
  return (
    <>
      {sending.state === "open"
        ? (
          <OpenIntention
            intention={sending.intention}
            problem={sending.problem}
            onResume={sending.resume}
            onDiscard={sending.discard}
          />
        )
        : null}
      <TemplateSelector
        templates={templates}
        chosen={template}
        values={draft.personalization}
        onChoose={draft.choose}
      />
      {template === null ? null : (
        <PersonalizationForm
          variables={draft.variables}
          values={draft.personalization}
          onChange={draft.setPersonalization}
          problem={count.problem ?? refusal}
        />
      )}
      <AudienceFilter
        values={filterValues}
        filters={draft.filters}
        onChange={draft.setFilters}
        voterIds={voterIds}
      />
      <WhenToSend when={draft.when} onChange={draft.setWhen} zone={draft.zone} moment={moment} />
      <AudienceCount {...count} settings={settings} onRetry={count.retry} />
      {refusal === null ? null : (
        <>
          <ProblemNotice error={refusal} />
          <Findings findings={refusal.findings} />
        </>
      )}
      <SendButton
        preview={count.preview}
        templateName={template === null ? "" : nameOf(template)}
        at={draft.at}
        settings={settings}
        reason={reason}
        sending={sending.state === "asking"}
        onConfirm={confirm}
      />
    </>
  );
}

/** Whether what was refused is what would be sent now. */
function isAbout(request: AudienceRequest, refused: SendRequest | undefined): boolean {
  if (refused === undefined) return false;
  const { accept_cut } = refused;
  return JSON.stringify(refused) === JSON.stringify({ ...request, accept_cut });
}

interface Readiness {
  hasTemplate: boolean;
  isComplete: boolean;
  isTimed: boolean;
  isCounting: boolean;
  isCounted: boolean;
  eligible: number;
  isOpen: boolean;
}

/** The first thing that keeps the list from being sent; null: nothing. */
function reasonToWait(ready: Readiness): string | null {
  const { notYet } = text.send;
  if (ready.isOpen) return notYet.intention;
  if (!ready.hasTemplate) return notYet.template;
  if (!ready.isComplete) return notYet.values;
  if (!ready.isTimed) return notYet.when;
  if (ready.isCounting) return notYet.counting;
  if (!ready.isCounted) return notYet.uncounted;
  return ready.eligible === 0 ? notYet.nobody : null;
}
