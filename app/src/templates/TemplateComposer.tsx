import { useState } from "react";
import { View } from "react-native";
import type { ComposedTemplate, Settings, Template } from "../api/messagingApi";
import { Problem } from "../api/problem";
import { mayDecide } from "../campaign";
import { nameOf } from "../send/TemplateSelector";
import { text } from "../text/es-MX";
import {
  Button,
  Card,
  Field,
  Heading,
  MessageBubble,
  Notice,
  ProblemNotice,
  Words,
  Wrap,
} from "../ui";
import { ButtonsField } from "./ButtonsField";
import { draftOf, EMPTY, type Form, formOf, problemAt, samplesNeeded } from "./form";
import { HeaderField } from "./HeaderField";
import { ReleaseText } from "./ReleaseText";
import { useComposer } from "./useComposer";

interface TemplateComposerProps {
  /** The one that is edited; null: a new one. */
  template: Template | null;
  role: Settings["role"];
  onClose: () => void;
}

/** Write a template, see what the bridge makes of it, and give it to WhatsApp's review. */
export function TemplateComposer({ template, role, onClose }: TemplateComposerProps) {
  const [form, setForm] = useState<Form>(() => (template === null ? EMPTY : formOf(template)));
  const composer = useComposer(template, form);
  const words = text.templates.form;
  // On the form as it is then: an upload ends while somebody types.
  const change = (changes: Partial<Form>) => setForm((now) => ({ ...now, ...changes }));
  const { problem } = composer;
  return (
    <>
      <View style={{ alignItems: "flex-start" }}>
        <Button label={text.back} onPress={onClose} />
      </View>
      <Card label={words.titleNew}>
        <Heading>{template === null ? words.titleNew : words.titleEdit(nameOf(template))}</Heading>
        {template === null
          ? (
            <Field
              label={words.name}
              hint={words.nameHint}
              value={form.name}
              autoCapitalize="none"
              onChange={(name) => change({ name })}
              problem={problemAt(problem, "name")}
            />
          )
          : null}
        <HeaderField form={form} onChange={change} problem={problem} />
        <Field
          label={words.body}
          hint={words.bodyHint}
          value={form.body}
          multiline
          maxLength={1024}
          onChange={(body) => change({ body })}
          problem={problemAt(problem, "body_text")}
        />
        <Samples form={form} onChange={change} problem={problem} />
        <Field
          label={words.footer}
          hint={words.footerHint}
          value={form.footer}
          maxLength={60}
          onChange={(footer) => change({ footer })}
          problem={problemAt(problem, "footer_text")}
        />
        <ButtonsField
          buttons={form.buttons}
          onChange={(buttons) => change({ buttons })}
          problem={problem}
        />
      </Card>
      {problem === null ? null : <Problems problem={problem} onRetry={composer.check} />}
      {problem?.code === "content_blocked" && mayDecide(role)
        ? <ReleaseText draft={draftOf(form)} />
        : null}
      <Wrap>
        <Button label={words.check} busy={composer.busy} onPress={composer.check} />
        <Button
          kind="primary"
          label={template === null ? words.submit : words.submitEdit}
          busy={composer.busy}
          disabled={composer.checked === null || composer.submitted}
          onPress={composer.submit}
        />
      </Wrap>
      {composer.checked === null ? <Words tone="muted">{words.checkFirst}</Words> : null}
      {composer.checked === null ? null : <Checked composed={composer.checked} />}
      {composer.submitted ? <Notice kind="good">{words.submitted}</Notice> : null}
    </>
  );
}

interface PartProps {
  form: Form;
  onChange: (changes: Partial<Form>) => void;
  problem: Problem | null;
}

function Samples({ form, onChange, problem }: PartProps) {
  const needed = samplesNeeded(form);
  const words = text.templates.form;
  if (needed.length === 0) return null;
  return (
    <>
      <Heading level={3}>{words.samples}</Heading>
      {needed.map((key) => (
        <Field
          key={key}
          label={words.sample(key)}
          value={form.samples[key] ?? ""}
          onChange={(value) => onChange({ samples: { ...form.samples, [key]: value } })}
          problem={problemAt(problem, `sample_values.${key}`)}
        />
      ))}
    </>
  );
}

/** All that is wrong, also of what has no field here. */
function Problems({ problem, onRetry }: { problem: Problem; onRetry: () => void }) {
  if (problem.errors.length < 2) return <ProblemNotice error={problem} onRetry={onRetry} />;
  return (
    <Notice kind="danger">
      <Words>{text.templates.form.problems(problem.errors.length)}</Words>
      <View role="list">
        {problem.errors.map((note, at) => (
          <View key={at} role="listitem">
            <Words>{note.detail}</Words>
          </View>
        ))}
      </View>
    </Notice>
  );
}

/** What will be reviewed: with what was added to it, and what is better known before. */
function Checked({ composed }: { composed: ComposedTemplate }) {
  const { preview, added, header_format: format, buttons } = composed.composed;
  const words = text.templates.form;
  return (
    <Card label={words.preview}>
      <Heading>{words.preview}</Heading>
      <MessageBubble
        message={{
          header: typeof preview.header === "string" ? preview.header : null,
          media: format === null || format === "TEXT" ? null : format,
          body: preview.body,
          footer: preview.footer,
          buttons: buttons.map((button) => button.text ?? "").filter((label) => label !== ""),
        }}
      />
      {added.length === 0 ? null : (
        <Notice kind="info">
          <Words>{words.added}</Words>
          {added.map((line) => (
            <Words key={line.what} strong>
              {line.text}
            </Words>
          ))}
        </Notice>
      )}
      {composed.warnings.length === 0 ? null : (
        <Notice kind="warning">
          <Words>{words.warnings}</Words>
          {composed.warnings.map((warning, at) => <Words key={at}>{warning.detail}</Words>)}
        </Notice>
      )}
    </Card>
  );
}
