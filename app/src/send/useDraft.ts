import { useMemo, useState } from "react";
import type {
  AudienceRequest,
  Filters,
  Personalization,
  Settings,
  Template,
} from "../api/messagingApi";
import { zoneOf } from "../campaign";
import { useMessaging } from "../messaging";
import { type Variable, variablesOf } from "../rendering";
import { missingValues } from "./PersonalizationForm";
import { type Moment, momentOf, NOW, type When } from "./WhenToSend";

/** What is being put together, and the request that it makes. */
export interface Draft {
  template: Template | null;
  variables: Variable[];
  personalization: Personalization;
  filters: Filters;
  when: When;
  zone: string;
  moment: Moment;
  /** null: now, or not known yet. */
  at: Date | null;
  isComplete: boolean;
  request: AudienceRequest;
  choose: (template: Template) => void;
  setPersonalization: (values: Personalization) => void;
  setFilters: (filters: Filters) => void;
  setWhen: (when: When) => void;
}

export function useDraft(
  templates: readonly Template[],
  settings: Settings,
  voterIds: readonly string[] | undefined,
): Draft {
  const { now, campaignId } = useMessaging();
  const [templateId, setTemplateId] = useState<string | null>(null);
  const [personalization, setPersonalization] = useState<Personalization>({});
  const [filters, setFilters] = useState<Filters>({});
  const [when, setWhen] = useState(NOW);

  // Looked up anew each time: a template may be paused while somebody fills it in.
  const template = templates.find((each) => each.id === templateId && each.status === "approved") ??
    null;
  const variables = useMemo(() => (template === null ? [] : variablesOf(template)), [template]);
  const isComplete = template !== null && missingValues(variables, personalization).length === 0;
  const zone = zoneOf(settings);
  const moment = momentOf(when, zone, now());
  const at = "at" in moment ? moment.at : null;
  const request: AudienceRequest = {
    campaign_id: campaignId,
    filters: voterIds === undefined ? filters : { voter_ids: [...voterIds] },
    ...(isComplete ? { template_id: template.id, personalization } : {}),
    ...(at === null ? {} : { scheduled_at: at.toISOString() }),
  };
  const choose = (chosen: Template) => {
    if (chosen.id === templateId) return; // what was filled in stays
    setTemplateId(chosen.id);
    setPersonalization({});
  };
  return {
    template,
    variables,
    personalization,
    filters,
    when,
    zone,
    moment,
    at,
    isComplete,
    request,
    choose,
    setPersonalization,
    setFilters,
    setWhen,
  };
}
