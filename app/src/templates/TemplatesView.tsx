import { useState } from "react";
import { View } from "react-native";
import type { Template } from "../api/messagingApi";
import { useSettings, useTemplates } from "../api/queries";
import { maySend } from "../campaign";
import { render } from "../rendering";
import { nameOf } from "../send/TemplateSelector";
import { text } from "../text/es-MX";
import {
  Button,
  Card,
  Heading,
  Loading,
  MessageBubble,
  Notice,
  ProblemNotice,
  Words,
  Wrap,
} from "../ui";
import { DeleteTemplate } from "./DeleteTemplate";
import { TemplateComposer } from "./TemplateComposer";
import { TestDialog } from "./TestDialog";

type Open = { what: "list" } | { what: "new" } | { what: "edit"; template: Template };

/** The campaign's templates with their status, and the writing of new ones. */
export function TemplatesView() {
  const templates = useTemplates();
  const settings = useSettings();
  const [open, setOpen] = useState<Open>({ what: "list" });
  const failed = templates.data === undefined ? templates.error : settings.error;
  if (failed !== null) {
    return (
      <ProblemNotice
        error={failed}
        onRetry={() => void Promise.all([templates.refetch(), settings.refetch()])}
      />
    );
  }
  if (templates.data === undefined || settings.data === undefined) {
    return <Loading label={text.loading} />;
  }
  if (open.what !== "list") {
    return (
      <TemplateComposer
        template={open.what === "edit" ? open.template : null}
        role={settings.data.role}
        onClose={() => setOpen({ what: "list" })}
      />
    );
  }
  const writes = maySend(settings.data.role);
  return (
    <>
      {writes
        ? (
          <View style={{ alignItems: "flex-start" }}>
            <Button
              kind="primary"
              label={text.templates.new}
              onPress={() => setOpen({ what: "new" })}
            />
          </View>
        )
        : <Notice kind="info">{text.templates.mayNot}</Notice>}
      {templates.data.length === 0 ? <Words tone="muted">{text.templates.none}</Words> : null}
      {templates.data.map((template) => (
        <Listed
          key={template.id}
          template={template}
          writes={writes}
          onEdit={() => setOpen({ what: "edit", template })}
        />
      ))}
    </>
  );
}

interface ListedProps {
  template: Template;
  writes: boolean;
  onEdit: () => void;
}

const TONES = {
  approved: "good",
  rejected: "danger",
  disabled: "danger",
  paused: "warning",
  pending: "muted",
  archived: "muted",
} as const;

function Listed({ template, writes, onEdit }: ListedProps) {
  const [asking, setAsking] = useState<"delete" | "test" | null>(null);
  const name = nameOf(template);
  const words = text.templates;
  const settled = template.change === null;
  return (
    <Card label={name}>
      <Heading level={2}>{name}</Heading>
      <Words tone={TONES[template.status]} strong>
        {text.reasons.template[template.status]}
      </Words>
      {template.rejected_notice === null
        ? null
        : <Words>{text.send.rejectedBecause(template.rejected_notice)}</Words>}
      {template.change === null
        ? null
        : <Words tone="muted">{words.change[template.change]}</Words>}
      <MessageBubble message={render(template)} />
      {writes
        ? (
          <Wrap>
            {template.status === "approved"
              ? (
                <Button
                  label={words.test}
                  accessibleName={`${words.test}: ${name}`}
                  onPress={() => setAsking("test")}
                />
              )
              : null}
            {template.name === null ? null : (
              <>
                <Button
                  label={words.edit}
                  accessibleName={`${words.edit}: ${name}`}
                  disabled={!settled}
                  onPress={onEdit}
                />
                <Button
                  label={words.remove}
                  accessibleName={`${words.remove}: ${name}`}
                  disabled={!settled}
                  onPress={() => setAsking("delete")}
                />
              </>
            )}
          </Wrap>
        )
        : null}
      {asking === "delete"
        ? <DeleteTemplate template={template} onClose={() => setAsking(null)} />
        : null}
      {asking === "test"
        ? <TestDialog template={template} onClose={() => setAsking(null)} />
        : null}
    </Card>
  );
}
