import { OFFLINE, type Problem } from "../api/problem";
import { useMessaging } from "../messaging";
import { text } from "../text/es-MX";
import { ago } from "../text/format";
import { Button, Card, Heading, Notice, ProblemNotice, Words, Wrap } from "../ui";
import type { Intention } from "./useIntention";

interface OpenIntentionProps {
  intention: Intention;
  problem: Problem | null;
  onResume: () => void;
  onDiscard: () => void;
}

/** A confirmed list of which nobody knows whether it was taken: the person decides, once. */
export function OpenIntention({ intention, problem, onResume, onDiscard }: OpenIntentionProps) {
  const { now } = useMessaging();
  const when = ago(intention.confirmedAt, now());
  return (
    <Card label={text.send.open.title}>
      <Heading>{text.send.open.title}</Heading>
      {problem === null
        ? null
        // Of a list in doubt nobody can say that nothing was sent.
        : problem.code === OFFLINE
        ? <Notice kind="warning">{text.send.open.offline}</Notice>
        : <ProblemNotice error={problem} />}
      <Words live="polite">
        {text.send.open.body(intention.voters, intention.templateName, when)}
      </Words>
      <Wrap>
        <Button label={text.send.open.discard} onPress={onDiscard} />
        <Button kind="primary" label={text.send.open.resume} onPress={onResume} />
      </Wrap>
      <Words tone="muted" size="small">
        {text.send.open.discardNote}
      </Words>
    </Card>
  );
}
