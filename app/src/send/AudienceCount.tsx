import { View } from "react-native";
import type { AudiencePreview, Settings } from "../api/messagingApi";
import type { Problem } from "../api/problem";
import { costOf, zoneOf } from "../campaign";
import { ReasonList } from "../ReasonList";
import { text } from "../text/es-MX";
import { calendarDay, dateAndTime } from "../text/format";
import { Card, Heading, Loading, Notice, ProblemNotice, SPACE, Words } from "../ui";
import { Findings } from "./Findings";

interface AudienceCountProps {
  /** The last one known; it may be of what was chosen before. */
  preview: AudiencePreview | null;
  /** Whether another one is asked for. */
  counting: boolean;
  problem: Problem | null;
  settings: Settings | null;
  onRetry: () => void;
}

/** How many, who not and why, how long, until when, and what it costs. */
export function AudienceCount(
  { preview, counting, problem, settings, onRetry }: AudienceCountProps,
) {
  return (
    <Card label={text.send.count}>
      <Heading>{text.send.count}</Heading>
      {counting ? <Loading label={text.send.counting} /> : null}
      {problem === null ? null : (
        <>
          <ProblemNotice error={problem} onRetry={onRetry} />
          <Findings findings={problem.findings} />
        </>
      )}
      {preview === null || problem !== null
        ? null
        : (
          <View style={{ gap: SPACE.m, opacity: counting ? 0.75 : 1 }}>
            <Numbers preview={preview} settings={settings} />
          </View>
        )}
    </Card>
  );
}

function Numbers({ preview, settings }: { preview: AudiencePreview; settings: Settings | null }) {
  const zone = zoneOf(settings);
  const { eligible_count: eligible, target_count: target } = preview;
  const cost = costOf(settings, eligible);
  return (
    <>
      <Words size="large" strong live="polite">
        {text.send.recipients(eligible)}
      </Words>
      <Words tone="muted">{text.send.target(target)}</Words>
      <ReasonList counts={preview.excluded} title={text.send.excluded} />
      {eligible === 0 ? <Notice kind="warning">{text.send.nobody}</Notice> : null}
      {cost === null ? null : <Words>{text.send.cost(cost)}</Words>}
      <Words>
        {preview.estimated_end_at === null
          ? text.send.endUnknown
          : `${text.send.timeShort(preview.estimated_time_seconds)} ${
            text.send.endsAt(dateAndTime(preview.estimated_end_at, zone))
          }`}
      </Words>
      <Days preview={preview} />
      <Deadline preview={preview} zone={zone} />
      {preview.warnings.map((warning) => (
        <Notice key={warning.code} kind="warning">
          {warning.detail}
        </Notice>
      ))}
      <Findings findings={preview.findings} />
    </>
  );
}

function Days({ preview }: { preview: AudiencePreview }) {
  return (
    <>
      {preview.limit_assumed ? <Words tone="muted">{text.send.limitAssumed}</Words> : null}
      {preview.plan.length < 2 ? null : (
        <View>
          <Words>{text.send.plan}</Words>
          <View role="list">
            {preview.plan.map(({ day, messages }) => (
              <View key={day} role="listitem">
                <Words tone="muted">{text.send.planDay(calendarDay(day), messages)}</Words>
              </View>
            ))}
          </View>
        </View>
      )}
    </>
  );
}

function Deadline({ preview, zone }: { preview: AudiencePreview; zone: string }) {
  if (preview.send_before === null) return null;
  const closes = dateAndTime(preview.send_before, zone);
  if (preview.ends_before_deadline) {
    return <Words tone="muted">{text.send.endsInTime(closes)}</Words>;
  }
  return (
    <Notice kind="warning">
      {preview.cut_count === null
        ? text.send.cutUnknown(closes)
        : text.send.cut(preview.cut_count, closes)}
    </Notice>
  );
}
