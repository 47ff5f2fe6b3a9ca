import { OFFLINE, Problem } from "../api/problem";
import { text } from "../text/es-MX";
import { Notice } from "./Panel";
import { Button } from "./Press";

/** Any refusal, in words for the person; with `onRetry` a button where asking again may help. */
export function ProblemNotice(
  { error, onRetry }: { error: unknown; onRetry?: (() => void) | undefined },
) {
  const passing = error instanceof Problem && error.isPassing;
  return (
    <Notice
      kind={passing ? "warning" : "danger"}
      action={onRetry !== undefined && passing
        ? <Button label={text.retry} onPress={onRetry} />
        : undefined}
    >
      {sentence(error)}
    </Notice>
  );
}

function sentence(error: unknown): string {
  if (!(error instanceof Problem)) return text.crashed;
  if (error.code === OFFLINE) return text.offline;
  if (error.isSignedOut) return text.signedOut;
  if (error.retryAfter !== null) return `${error.detail} ${text.retryIn(error.retryAfter)}`;
  return error.detail;
}
