import { View } from "react-native";
import type { Job, Settings, Template } from "../api/messagingApi";
import { Problem } from "../api/problem";
import { useJob, useSettings, useTemplates } from "../api/queries";
import { maySend, zoneOf } from "../campaign";
import { ReasonList } from "../ReasonList";
import { Findings } from "../send/Findings";
import { nameOf } from "../send/TemplateSelector";
import { text } from "../text/es-MX";
import { count, dateAndTime } from "../text/format";
import {
  Button,
  Card,
  Heading,
  Loading,
  Notice,
  ProblemNotice,
  ProgressBar,
  SPACE,
  Words,
} from "../ui";
import { JobActions } from "./JobActions";
import { JobStatus } from "./JobStatus";
import { doneOf } from "./jobs";
import { Recipients } from "./Recipients";
import { UnknownMessages } from "./UnknownMessages";

interface DeliveryDetailProps {
  jobId: string;
  onBack: () => void;
}

/** One job: how far it is, why it waits, what can be done, and who did not get it and why. */
export function DeliveryDetail({ jobId, onBack }: DeliveryDetailProps) {
  const job = useJob(jobId);
  const settings = useSettings();
  const templates = useTemplates();
  const failed = job.data === undefined
    ? job.error
    : settings.data === undefined
    ? settings.error
    : null;
  if (job.data === undefined || settings.data === undefined) {
    return (
      <View style={{ padding: SPACE.l, gap: SPACE.m, alignItems: "flex-start" }}>
        <Button label={text.back} onPress={onBack} />
        {failed === null ? <Loading label={text.loading} /> : (
          <ProblemNotice
            error={failed}
            onRetry={() => void Promise.all([job.refetch(), settings.refetch()])}
          />
        )}
      </View>
    );
  }
  return (
    <Recipients
      job={job.data}
      visible={maySend(settings.data.role)}
      header={
        <Summary
          job={job.data}
          stale={job.error instanceof Problem ? job.error : null}
          settings={settings.data}
          templates={templates.data ?? []}
          onBack={onBack}
        />
      }
    />
  );
}

interface SummaryProps {
  job: Job;
  /** Why what is shown may be old. */
  stale: Problem | null;
  settings: Settings;
  templates: Template[];
  onBack: () => void;
}

function Summary({ job, stale, settings, templates, onBack }: SummaryProps) {
  const zone = zoneOf(settings);
  const template = templates.find((each) => each.id === job.template_id);
  const name = template === undefined ? text.deliveries.unknownTemplate : nameOf(template);
  return (
    <View style={{ gap: SPACE.l }}>
      <View style={{ alignItems: "flex-start" }}>
        <Button label={text.back} onPress={onBack} />
      </View>
      {stale === null ? null : <ProblemNotice error={stale} />}
      <Card label={name}>
        <Heading>{name}</Heading>
        <JobStatus job={job} zone={zone} />
        <ProgressBar
          value={job.progress_pct}
          label={text.deliveries.progressName}
          words={text.deliveries.progress(doneOf(job), job.target_count)}
        />
        {/* Not live: it moves every two seconds, and a screen reader would say nothing else. */}
        <Words>{text.deliveries.progress(doneOf(job), job.target_count)}</Words>
        <Counts job={job} />
        <ReasonList counts={job.skipped} title={() => text.deliveries.detail.skippedBecause} />
        <Words tone="muted" size="small">
          {text.deliveries.detail.started(dateAndTime(job.started_at, zone))}
        </Words>
        {job.completed_at === null ? null : (
          <Words tone="muted" size="small">
            {text.deliveries.detail.completed(dateAndTime(job.completed_at, zone))}
          </Words>
        )}
        <Findings findings={job.approval === "waiting" ? job.findings : []} />
        <JobActions job={job} role={settings.role} />
      </Card>
      <UnknownMessages job={job} role={settings.role} />
      {maySend(settings.role)
        ? <Heading>{text.deliveries.recipients.title}</Heading>
        : <Notice kind="info">{text.deliveries.recipients.mayNot}</Notice>}
    </View>
  );
}

function Counts({ job }: { job: Job }) {
  const { counts } = text.deliveries.detail;
  const rows: [string, number][] = [
    [counts.pending, job.pending_count],
    [counts.sent, job.sent_count],
    [counts.delivered, job.delivered_count],
    [counts.read, job.read_count],
    [counts.failed, job.failed_count],
    [counts.skipped, job.skipped_count],
    [counts.unknown, job.unknown_count],
    [counts.held, job.held_count],
  ];
  return (
    <View
      role="list"
      style={{ flexDirection: "row", flexWrap: "wrap", columnGap: SPACE.xl, rowGap: SPACE.xs }}
    >
      {rows
        .filter(([label, n]) => n > 0 || label === counts.sent)
        .map(([label, n]) => (
          <View key={label} role="listitem">
            <Words>{`${label}: ${count(n)}`}</Words>
          </View>
        ))}
    </View>
  );
}
