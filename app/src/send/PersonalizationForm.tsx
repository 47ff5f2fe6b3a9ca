import { View } from "react-native";
import type { Personalization } from "../api/messagingApi";
import type { Problem } from "../api/problem";
import type { Variable } from "../rendering";
import { text } from "../text/es-MX";
import { Card, Chip, Field, Heading, SPACE, Words, Wrap } from "../ui";

const FIELDS = Object.entries(text.send.fields);

interface PersonalizationFormProps {
  variables: readonly Variable[];
  values: Personalization;
  onChange: (values: Personalization) => void;
  /** Of the last answer about these values. */
  problem: Problem | null;
}

/** For each variable of the template a voter's or the campaign's field, or a text for everybody. */
export function PersonalizationForm(
  { variables, values, onChange, problem }: PersonalizationFormProps,
) {
  return (
    <Card label={text.send.values}>
      <Heading>{text.send.values}</Heading>
      {variables.length === 0 ? <Words tone="muted">{text.send.noValues}</Words> : null}
      {variables.map((variable) => (
        <ValueOf
          key={variable.key}
          label={labelOf(variable)}
          value={values[variable.key]}
          problem={problem?.at(`personalization.${variable.key}`) ?? null}
          onChange={(value) => onChange({ ...values, [variable.key]: value })}
        />
      ))}
    </Card>
  );
}

/** Which variables nothing stands for yet. */
export function missingValues(variables: readonly Variable[], values: Personalization): Variable[] {
  return variables.filter(({ key }) => (values[key] ?? "").trim() === "");
}

interface ValueOfProps {
  label: string;
  value: string | undefined;
  problem: string | null;
  onChange: (value: string) => void;
}

function ValueOf({ label, value, problem, onChange }: ValueOfProps) {
  const isWritten = value !== undefined && !(value in text.send.fields);
  return (
    <View style={{ gap: SPACE.s }}>
      <Heading level={3}>{label}</Heading>
      <Wrap
        role="radiogroup"
        label={label}
      >
        {FIELDS.map(([field, name]) => (
          <Chip
            key={field}
            role="radio"
            label={name}
            checked={value === field}
            onPress={() => onChange(field)}
          />
        ))}
        <Chip
          role="radio"
          label={text.send.writtenText}
          checked={isWritten}
          onPress={() => onChange(isWritten ? value : "")}
        />
      </Wrap>
      {isWritten
        ? (
          <Field
            label={`${label}: ${text.send.writtenText.toLowerCase()}`}
            value={value}
            onChange={onChange}
            maxLength={1024}
            problem={problem}
          />
        )
        : problem === null
        ? null
        : (
          <Words tone="danger" live="assertive">
            {problem}
          </Words>
        )}
      {value === undefined
        ? (
          <Words tone="muted" size="small">
            {text.send.valueMissing}
          </Words>
        )
        : null}
    </View>
  );
}

function labelOf({ where, name }: Variable): string {
  if (where === "header") return text.send.headerVariable;
  return where === "button" ? text.send.buttonVariable(name) : text.send.variable(name);
}
