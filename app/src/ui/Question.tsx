import { type ReactNode, useState } from "react";
import { text } from "../text/es-MX";
import { Dialog } from "./Dialog";
import { Field } from "./Field";
import { Button } from "./Press";
import { Words } from "./Words";

interface QuestionProps {
  title: string;
  /** What the button says that does it. */
  yes: string;
  onYes: () => void;
  no?: string;
  onNo: () => void;
  kind?: "primary" | "danger";
  disabled?: boolean;
  busy?: boolean;
  children: ReactNode;
}

/** Asks before something is done; the button that does nothing comes first. */
export function Question(
  {
    title,
    yes,
    onYes,
    no = text.cancel,
    onNo,
    kind = "primary",
    disabled = false,
    busy = false,
    children,
  }: QuestionProps,
) {
  return (
    <Dialog
      title={title}
      onClose={onNo}
      actions={
        <>
          <Button label={no} onPress={onNo} />
          <Button kind={kind} label={yes} disabled={disabled} busy={busy} onPress={onYes} />
        </>
      }
    >
      {children}
    </Dialog>
  );
}

interface ReasonQuestionProps {
  words: { title: string; body: string; reason: string; yes: string };
  onYes: (reason: string) => void;
  onNo: () => void;
  busy?: boolean;
  children?: ReactNode;
}

/** Asks, and wants to know why: the audit log keeps it. */
export function ReasonQuestion(
  { words, onYes, onNo, busy = false, children }: ReasonQuestionProps,
) {
  const [reason, setReason] = useState("");
  const said = reason.trim();
  return (
    <Question
      title={words.title}
      yes={words.yes}
      onYes={() => onYes(said)}
      onNo={onNo}
      disabled={said === ""}
      busy={busy}
    >
      <Words>{words.body}</Words>
      <Field label={words.reason} value={reason} onChange={setReason} multiline maxLength={1024} />
      {children}
    </Question>
  );
}
