import { useMutation } from "@tanstack/react-query";
import type { MediaKind } from "../api/messagingApi";
import type { Problem } from "../api/problem";
import { useMessaging } from "../messaging";
import { text } from "../text/es-MX";
import { Button, Chip, Field, Heading, ProblemNotice, Words, Wrap } from "../ui";
import { type Form, type FormHeader, problemAt } from "./form";

const HEADERS = Object.keys(text.templates.form.headers) as Exclude<FormHeader, "LOCATION">[];

interface HeaderFieldProps {
  form: Form;
  onChange: (changes: Partial<Form>) => void;
  problem: Problem | null;
}

/** What stands above the message: nothing, a line, or a file. */
export function HeaderField({ form, onChange, problem }: HeaderFieldProps) {
  const words = text.templates.form;
  return (
    <>
      <Heading level={3}>{words.header}</Heading>
      <Wrap
        role="radiogroup"
        label={words.header}
      >
        {HEADERS.map((header) => (
          <Chip
            key={header}
            role="radio"
            label={words.headers[header]}
            checked={header === form.header}
            onPress={() => {
              if (header !== form.header) onChange({ header, media: { link: "" } });
            }}
          />
        ))}
      </Wrap>
      {form.header === "TEXT"
        ? (
          <Field
            label={words.headerText}
            value={form.headerText}
            maxLength={60}
            onChange={(headerText) => onChange({ headerText })}
            problem={problemAt(problem, "header_text")}
          />
        )
        : null}
      {form.header === "LOCATION" ? <Words>{text.send.header.LOCATION}</Words> : null}
      {form.header === "NONE" || form.header === "TEXT" || form.header === "LOCATION"
        ? null
        : <Media kind={form.header} form={form} onChange={onChange} problem={problem} />}
    </>
  );
}

function Media({ kind, form, onChange, problem }: HeaderFieldProps & { kind: MediaKind }) {
  const { api, campaignId, pickFile } = useMessaging();
  const words = text.templates.form;
  const upload = useMutation({
    mutationFn: async () => {
      const file = await pickFile?.(kind);
      if (!file) return;
      const { id } = await api.uploadMedia(campaignId, kind, file);
      onChange({ media: { id, filename: file.name } });
    },
  });
  return (
    <>
      {"id" in form.media
        ? <Words live="polite">{words.uploaded(form.media.filename)}</Words>
        : (
          <Field
            label={words.mediaLink}
            value={form.media.link}
            inputMode="url"
            autoCapitalize="none"
            onChange={(link) => onChange({ media: { link } })}
            problem={problemAt(problem, "header_media")}
          />
        )}
      {pickFile === undefined ? null : (
        <Button
          label={upload.isPending ? words.uploading : words.pickMedia}
          busy={upload.isPending}
          onPress={() => upload.mutate()}
        />
      )}
      {upload.isError ? <ProblemNotice error={upload.error} /> : null}
    </>
  );
}
