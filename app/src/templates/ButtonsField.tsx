import { View } from "react-native";
import type { Button as TemplateButton } from "../api/messagingApi";
import type { Problem } from "../api/problem";
import { text } from "../text/es-MX";
import { Button, Field, Heading, SPACE, Words, Wrap } from "../ui";
import { problemAt } from "./form";

const KINDS = ["QUICK_REPLY", "URL", "PHONE_NUMBER"] as const;
const MOST = 10;

interface ButtonsFieldProps {
  buttons: readonly TemplateButton[];
  onChange: (buttons: TemplateButton[]) => void;
  problem: Problem | null;
}

/** Replies, links and telephones below the message. */
export function ButtonsField({ buttons, onChange, problem }: ButtonsFieldProps) {
  const words = text.templates.form;
  const replace = (at: number, button: TemplateButton) =>
    onChange(buttons.map((each, index) => (index === at ? button : each)));
  return (
    <>
      <Heading level={3}>{words.buttons}</Heading>
      {buttons.map((button, at) => (
        <OneButton
          key={at}
          number={at + 1}
          button={button}
          onChange={(now) => replace(at, now)}
          onRemove={() => onChange(buttons.filter((_, index) => index !== at))}
          problem={problem}
        />
      ))}
      <Wrap>
        {KINDS.map((type) => (
          <Button
            key={type}
            label={words.addButton[type]}
            disabled={buttons.length >= MOST}
            onPress={() => onChange([...buttons, { type, text: "" }])}
          />
        ))}
      </Wrap>
    </>
  );
}

interface OneButtonProps {
  number: number;
  button: TemplateButton;
  onChange: (button: TemplateButton) => void;
  onRemove: () => void;
  problem: Problem | null;
}

function OneButton({ number, button, onChange, onRemove, problem }: OneButtonProps) {
  const words = text.templates.form;
  const place = `buttons.${number - 1}`;
  const whole = problem?.errors.find((note) => note.field === place)?.detail;
  return (
    <View style={{ gap: SPACE.s }}>
      <Field
        label={words.buttonText(number)}
        value={button.text ?? ""}
        maxLength={25}
        onChange={(label) => onChange({ ...button, text: label })}
        problem={problemAt(problem, `${place}.text`)}
      />
      {button.type === "URL"
        ? (
          <Field
            label={words.buttonUrl(number)}
            value={button.url ?? ""}
            inputMode="url"
            autoCapitalize="none"
            onChange={(url) => onChange({ ...button, url })}
            problem={problemAt(problem, `${place}.url`)}
          />
        )
        : null}
      {button.type === "PHONE_NUMBER"
        ? (
          <Field
            label={words.buttonPhone(number)}
            value={button.phone_number ?? ""}
            inputMode="tel"
            onChange={(phone_number) => onChange({ ...button, phone_number })}
            problem={problemAt(problem, `${place}.phone_number`)}
          />
        )
        : null}
      {whole === undefined ? null : <Words tone="danger">{whole}</Words>}
      <View style={{ alignItems: "flex-start" }}>
        <Button label={words.removeButton(number)} onPress={onRemove} />
      </View>
    </View>
  );
}
