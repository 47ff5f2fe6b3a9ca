import { View } from "react-native";
import type { Personalization, Template } from "../api/messagingApi";
import { render } from "../rendering";
import { text } from "../text/es-MX";
import { Card, Choice, Heading, MessageBubble, Notice, SPACE, Words } from "../ui";

interface TemplateSelectorProps {
  templates: readonly Template[];
  chosen: Template | null;
  /** What the message says so far, for the preview. */
  values: Personalization;
  onChoose: (template: Template) => void;
}

/** The approved templates to choose from, the others with what keeps them, and how the chosen one looks. */
export function TemplateSelector({ templates, chosen, values, onChoose }: TemplateSelectorProps) {
  const ordered = [...templates].sort((a, b) => Number(isUsable(b)) - Number(isUsable(a)));
  return (
    <Card label={text.send.template}>
      <Heading>{text.send.template}</Heading>
      {ordered.some(isUsable) ? null : <Notice kind="info">{text.send.noTemplates}</Notice>}
      <View role="radiogroup" aria-label={text.send.template} style={{ gap: SPACE.s }}>
        {ordered.map((template) => (
          <Choice
            key={template.id}
            role="radio"
            label={nameOf(template)}
            checked={template.id === chosen?.id}
            disabled={!isUsable(template)}
            detail={detailOf(template)}
            onPress={() => onChoose(template)}
          />
        ))}
      </View>
      {chosen === null ? null : (
        <View style={{ gap: SPACE.s }}>
          <Heading level={3}>{text.send.preview}</Heading>
          <MessageBubble message={render(chosen, values)} />
          <Words tone="muted" size="small">
            {text.send.previewNote}
          </Words>
        </View>
      )}
    </Card>
  );
}

export function nameOf(template: Pick<Template, "name" | "meta_template_name">): string {
  return (template.name ?? template.meta_template_name).replaceAll("_", " ");
}

function isUsable(template: Template): boolean {
  return template.status === "approved" && template.change !== "delete";
}

function detailOf(template: Template): string {
  const status = text.reasons.template[template.status];
  const notice = template.rejected_notice;
  if (isUsable(template)) return template.body_text;
  return notice === null ? status : `${status}. ${text.send.rejectedBecause(notice)}`;
}
