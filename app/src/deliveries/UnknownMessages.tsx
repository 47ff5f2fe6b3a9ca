import { useState } from "react";
import type { Job, ResolvedJob, Settings } from "../api/messagingApi";
import { useMessaging } from "../messaging";
import { text } from "../text/es-MX";
import { Button, Card, Heading, Notice, ProblemNotice, Question, Words, Wrap } from "../ui";
import { useJobChange } from "./JobActions";
import { mayDecide } from "../campaign";

/** Messages that left and were not answered: what is known, and the two decisions. */
export function UnknownMessages({ job, role }: { job: Job; role: Settings["role"] }) {
  const { api } = useMessaging();
  const [asking, setAsking] = useState(false);
  const [resolved, setResolved] = useState<ResolvedJob | null>(null);
  const change = useJobChange();
  const words = text.deliveries.unknown;
  const resolve = (resolution: "assume_sent" | "resend") =>
    change.mutate(async () => {
      const answer = await api.resolveUnknown(job.job_id, resolution);
      setResolved(answer);
      return answer;
    });
  if (job.unknown_count === 0 && resolved === null) return null;
  return (
    <Card label={words.title}>
      <Heading>{words.title}</Heading>
      {job.unknown_count === 0 ? null : (
        <>
          <Words>{words.body(job.unknown_count)}</Words>
          <Words tone="muted">{words.hint}</Words>
          {mayDecide(role)
            ? (
              <Wrap>
                <Button
                  label={words.assumeSent}
                  busy={change.isPending}
                  onPress={() => resolve("assume_sent")}
                />
                <Button
                  kind="danger"
                  label={words.resend}
                  busy={change.isPending}
                  onPress={() => setAsking(true)}
                />
              </Wrap>
            )
            : <Words tone="muted">{words.mayNot}</Words>}
        </>
      )}
      {resolved === null
        ? null
        : <Notice kind="good">{words.done(resolved.resolved, resolved.too_fresh)}</Notice>}
      {change.isError ? <ProblemNotice error={change.error} /> : null}
      {asking
        ? (
          <Question
            title={words.confirmResend.title}
            onNo={() => setAsking(false)}
            yes={words.confirmResend.yes}
            kind="danger"
            onYes={() => {
              setAsking(false);
              resolve("resend");
            }}
          >
            <Words>{words.confirmResend.body}</Words>
          </Question>
        )
        : null}
    </Card>
  );
}
