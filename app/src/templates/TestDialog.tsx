import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { View } from "react-native";
import type { Template } from "../api/messagingApi";
import { Problem } from "../api/problem";
import { keys } from "../api/queries";
import { newKey } from "../send/useIntention";
import { useMessaging } from "../messaging";
import { text } from "../text/es-MX";
import { Button, Choice, Dialog, Field, Loading, Notice, ProblemNotice, SPACE, Words } from "../ui";

/** One message to one of the campaign's own people, once however often it is pressed. */
export function TestDialog({ template, onClose }: { template: Template; onClose: () => void }) {
  const { api, campaignId } = useMessaging();
  const [phone, setPhone] = useState<string | null>(null);
  const [key, setKey] = useState(newKey);
  const numbers = useQuery({
    queryKey: keys.testNumbers(campaignId),
    queryFn: ({ signal }) => api.listTestNumbers(campaignId, { signal }),
  });
  const send = useMutation({
    mutationFn: (to: string) => api.testTemplate(template.id, to, undefined, key),
    onError: (error) => {
      // What was refused for good is another request the next time.
      if (!(error instanceof Problem && error.isUncertain)) setKey(newKey());
    },
  });
  const words = text.templates.tests;
  return (
    <Dialog
      title={words.title}
      onClose={onClose}
      actions={
        <>
          <Button label={text.close} onPress={onClose} />
          <Button
            kind="primary"
            label={words.send}
            disabled={phone === null || send.isSuccess}
            busy={send.isPending}
            onPress={() => {
              if (phone !== null) send.mutate(phone);
            }}
          />
        </>
      }
    >
      <Words>{words.body}</Words>
      {numbers.isError
        ? <ProblemNotice error={numbers.error} onRetry={() => void numbers.refetch()} />
        : null}
      {numbers.isPending ? <Loading label={text.loading} /> : null}
      {numbers.data?.length === 0 ? <Words tone="muted">{words.noNumbers}</Words> : null}
      <View role="radiogroup" aria-label={words.numbers} style={{ gap: SPACE.s }}>
        {numbers.data?.map((number) => (
          <Choice
            key={number.id}
            role="radio"
            label={number.label}
            detail={number.phone}
            checked={number.phone === phone}
            onPress={() => {
              if (number.phone === phone) return; // the same one: the same key
              setPhone(number.phone);
              setKey(newKey());
              send.reset();
            }}
          />
        ))}
      </View>
      <NewNumber />
      {send.isSuccess ? <Notice kind="good">{words.sent}</Notice> : null}
      {send.isError ? <ProblemNotice error={send.error} /> : null}
    </Dialog>
  );
}

function NewNumber() {
  const { api, campaignId } = useMessaging();
  const client = useQueryClient();
  const [phone, setPhone] = useState("");
  const [label, setLabel] = useState("");
  const add = useMutation({
    mutationFn: () => api.addTestNumber(campaignId, phone, label),
    onSuccess: async () => {
      setPhone("");
      setLabel("");
      await client.invalidateQueries({ queryKey: keys.testNumbers(campaignId) });
    },
  });
  const problem = add.error instanceof Problem ? add.error : null;
  const words = text.templates.tests;
  return (
    <>
      <Field
        label={words.phone}
        value={phone}
        onChange={setPhone}
        inputMode="tel"
        problem={problem?.at("phone")}
      />
      <Field
        label={words.label}
        value={label}
        onChange={setLabel}
        problem={problem?.at("label")}
      />
      <Button
        label={words.add}
        busy={add.isPending}
        disabled={phone.trim() === "" || label.trim() === ""}
        onPress={() => add.mutate()}
      />
      {problem !== null && problem.field === null ? <ProblemNotice error={problem} /> : null}
    </>
  );
}
