import { useState } from "react";
import type { AudiencePreview, Settings } from "../api/messagingApi";
import { costOf, zoneOf } from "../campaign";
import { text } from "../text/es-MX";
import { dateAndTime } from "../text/format";
import { Button, Choice, Notice, Question, Words } from "../ui";

interface SendButtonProps {
  /** Of exactly what would be sent; null: it is not known yet. */
  preview: AudiencePreview | null;
  templateName: string;
  /** null: now. */
  at: Date | null;
  settings: Settings | null;
  /** Why it cannot be sent yet, in words. */
  reason: string | null;
  sending: boolean;
  onConfirm: (acceptCut: boolean) => void;
}

/** Sends only what a dialog has told: whom, what, when, how long and for how much. */
export function SendButton(props: SendButtonProps) {
  const [asking, setAsking] = useState(false);
  const { preview, reason, sending } = props;
  const eligible = preview?.eligible_count ?? 0;
  // What a dialog told no longer stands: the person opens it anew, it never comes up by itself.
  if (asking && reason !== null) setAsking(false);
  return (
    <>
      <Button
        kind="primary"
        label={sending
          ? text.send.sending
          : eligible > 0
          ? text.send.sendTo(eligible)
          : text.send.send}
        disabled={reason !== null || eligible === 0}
        busy={sending}
        onPress={() => setAsking(true)}
      />
      {reason === null ? null : (
        <Words tone="muted" live="polite">
          {reason}
        </Words>
      )}
      {asking && preview !== null && reason === null
        ? <Confirmation {...props} preview={preview} onClose={() => setAsking(false)} />
        : null}
    </>
  );
}

type ConfirmationProps = SendButtonProps & { preview: AudiencePreview; onClose: () => void };

function Confirmation(
  { preview, templateName, at, settings, onConfirm, onClose }: ConfirmationProps,
) {
  const [acceptsCut, setAcceptsCut] = useState(false);
  const zone = zoneOf(settings);
  const cost = costOf(settings, preview.eligible_count);
  const veda = settings?.window?.veda_starts_at ?? null;
  const closes = preview.send_before === null ? "" : dateAndTime(preview.send_before, zone);
  const isCut = !preview.ends_before_deadline;
  return (
    <Question
      title={text.send.confirmTitle(preview.eligible_count)}
      onNo={onClose}
      yes={text.send.confirm}
      disabled={isCut && !acceptsCut}
      onYes={() => {
        onClose();
        onConfirm(acceptsCut);
      }}
    >
      <Words>{text.send.confirmTemplate(templateName)}</Words>
      <Words>
        {at === null ? text.send.confirmNow : text.send.confirmWhen(dateAndTime(at, zone))}
      </Words>
      <Words>{text.send.timeShort(preview.estimated_time_seconds)}</Words>
      {cost === null ? null : <Words>{text.send.cost(cost)}</Words>}
      {veda === null ? null : <Words>{text.send.confirmClosed(dateAndTime(veda, zone))}</Words>}
      {preview.findings.some((each) => each.class === "WARN")
        ? <Notice kind="warning">{text.reasons.waiting.approval}</Notice>
        : null}
      {isCut
        ? (
          <>
            <Notice kind="warning">
              {preview.cut_count === null
                ? text.send.cutUnknown(closes)
                : text.send.cut(preview.cut_count, closes)}
            </Notice>
            <Choice
              label={text.send.acceptCut}
              checked={acceptsCut}
              onPress={() => setAcceptsCut(!acceptsCut)}
            />
          </>
        )
        : null}
    </Question>
  );
}
