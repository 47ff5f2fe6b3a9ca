import type { Filters, FilterValue } from "../api/messagingApi";
import { text } from "../text/es-MX";
import { Card, Chip, Heading, type Option, Picker, Words, Wrap } from "../ui";

type Kind = FilterValue["kind"];
const MEMBERS = {
  sentiment: "sentiment",
  section: "section",
  tag: "tags",
} as const satisfies Record<
  Kind,
  keyof Filters
>;

interface AudienceFilterProps {
  values: readonly FilterValue[];
  filters: Filters;
  onChange: (filters: Filters) => void;
  /** Chosen elsewhere: they stand instead of any filter. */
  voterIds?: readonly string[] | undefined;
}

/** Whom: sentiments as chips, sections and tags in lists with a search; nothing chosen is everybody. */
export function AudienceFilter({ values, filters, onChange, voterIds }: AudienceFilterProps) {
  if (voterIds !== undefined) {
    return (
      <Card label={text.send.audience}>
        <Heading>{text.send.audience}</Heading>
        <Words>{text.send.chosenVoters(voterIds.length)}</Words>
      </Card>
    );
  }
  const chosen = (kind: Kind) => filters[MEMBERS[kind]] ?? [];
  const choose = (kind: Kind, now: string[]) => onChange(withFilter(filters, kind, now));
  return (
    <Card label={text.send.audience}>
      <Heading>{text.send.audience}</Heading>
      {Object.keys(filters).length === 0
        ? <Words tone="muted">{text.send.wholeCampaign}</Words>
        : null}
      <SentimentChips
        values={values.filter((value) => value.kind === "sentiment")}
        chosen={chosen("sentiment")}
        onChange={(now) => choose("sentiment", now)}
      />
      <Wrap>
        <Picker
          title={text.send.sections}
          options={optionsOf(values, "section")}
          chosen={chosen("section")}
          onChange={(now) => choose("section", now)}
        />
        <Picker
          title={text.send.tags}
          options={optionsOf(values, "tag")}
          chosen={chosen("tag")}
          onChange={(now) => choose("tag", now)}
        />
      </Wrap>
    </Card>
  );
}

interface SentimentChipsProps {
  values: readonly FilterValue[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
}

function SentimentChips({ values, chosen, onChange }: SentimentChipsProps) {
  const toggle = (value: string) =>
    onChange(
      chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value],
    );
  return (
    <Wrap
      role="group"
      label={text.send.sentiment}
    >
      {values.map(({ value, label }) => (
        <Chip
          key={value}
          label={label}
          checked={chosen.includes(value)}
          onPress={() => toggle(value)}
        />
      ))}
    </Wrap>
  );
}

/** An empty list would be an error of the API: nobody, or everybody? */
function withFilter(filters: Filters, kind: Kind, chosen: string[]): Filters {
  const all = { ...filters, [MEMBERS[kind]]: chosen };
  return Object.fromEntries(Object.entries(all).filter(([, values]) => values.length > 0));
}

function optionsOf(values: readonly FilterValue[], kind: Kind): Option[] {
  return values
    .filter((value) => value.kind === kind)
    .map(({ value, label, voters }) => ({ value, label, detail: text.send.optionVoters(voters) }));
}
