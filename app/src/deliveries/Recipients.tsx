import { type ReactElement, useEffect, useRef, useState } from "react";
import { FlatList, StyleSheet, View } from "react-native";
import type { Job, MessageStatus, Recipient } from "../api/messagingApi";
import { useRecipients } from "../api/queries";
import { text } from "../text/es-MX";
import { Chip, Loading, ProblemNotice, SPACE, useTheme, Words } from "../ui";
import { More } from "./More";

const STATUSES: readonly MessageStatus[] = ["sent", "failed", "skipped", "unknown", "queued"];

interface RecipientsProps {
  job: Job;
  /** Whether the user's role may see people. */
  visible: boolean;
  header: ReactElement;
}

/** A job's recipients, windowed: ten thousand are no more work to draw than twenty. */
export function Recipients({ job, visible, header }: RecipientsProps) {
  const [status, setStatus] = useState<MessageStatus | null>(null);
  const page = useRecipients(job.job_id, status, visible);
  useFresh(job, page);
  const words = text.deliveries.recipients;
  const failed = page.error !== null && page.data === undefined;
  return (
    <FlatList
      data={page.data?.pages.flatMap((each) => each.recipients) ?? []}
      keyExtractor={(recipient) => recipient.message_id}
      contentContainerStyle={styles.list}
      initialNumToRender={20}
      windowSize={7}
      ListHeaderComponent={
        <View style={styles.header}>
          {header}
          {visible ? <StatusFilter chosen={status} onChoose={setStatus} /> : null}
        </View>
      }
      ListEmptyComponent={failed
        ? <ProblemNotice error={page.error} onRetry={() => void page.refetch()} />
        : page.isPending
        ? <Loading label={text.loading} />
        : <Words tone="muted">{words.none}</Words>}
      ListFooterComponent={<More page={page} />}
      onEndReached={() => {
        if (page.hasNextPage && !page.isFetchingNextPage) void page.fetchNextPage();
      }}
      onEndReachedThreshold={0.8}
      renderItem={({ item }) => <Row recipient={item} />}
    />
  );
}

const FEW_PAGES = 3;

/** Ask again when the job's counts have moved, unless so much is shown that it would be a load. */
function useFresh(job: Job, page: ReturnType<typeof useRecipients>) {
  const { sent_count, delivered_count, read_count, failed_count, skipped_count, unknown_count } =
    job;
  const counts = [
    sent_count,
    delivered_count,
    read_count,
    failed_count,
    skipped_count,
    unknown_count,
  ].join();
  const asked = useRef(counts);
  useEffect(() => {
    if (page.isFetchingNextPage) return; // asking again would end it
    if (asked.current === counts || (page.data?.pages.length ?? 0) > FEW_PAGES) return;
    asked.current = counts;
    void page.refetch();
  }, [counts, page]);
}

interface StatusFilterProps {
  chosen: MessageStatus | null;
  onChoose: (status: MessageStatus | null) => void;
}

function StatusFilter({ chosen, onChoose }: StatusFilterProps) {
  const words = text.deliveries.recipients;
  return (
    <View role="radiogroup" aria-label={words.filter} style={styles.filter}>
      <Chip
        role="radio"
        label={words.all}
        checked={chosen === null}
        onPress={() => onChoose(null)}
      />
      {STATUSES.map((status) => (
        <Chip
          key={status}
          role="radio"
          label={text.reasons.message[status]}
          checked={chosen === status}
          onPress={() => onChoose(status)}
        />
      ))}
    </View>
  );
}

function Row({ recipient }: { recipient: Recipient }) {
  const theme = useTheme();
  const { claimed_at, neighbours } = recipient;
  return (
    <View style={[styles.row, { borderColor: theme.border }]}>
      <Words strong>{recipient.phone ?? text.deliveries.recipients.noNumber}</Words>
      <Words tone={recipient.status === "failed" ? "danger" : "muted"}>{becameOf(recipient)}</Words>
      {neighbours === undefined || claimed_at === undefined
        ? null
        : (
          <Words tone="muted" size="small">
            {text.deliveries.unknown.evidence(neighbours.claimed, neighbours.with_receipt)}
          </Words>
        )}
    </View>
  );
}

/** What became of one message, with the reason. */
export function becameOf(recipient: Recipient): string {
  const words = text.deliveries.recipients;
  if (recipient.status === "skipped" && recipient.skip_reason !== null) {
    return words.skippedBecause(text.reasons.skip[recipient.skip_reason]);
  }
  if (recipient.status === "failed" && recipient.error_message !== null) {
    return words.failedBecause(recipient.error_message);
  }
  if (recipient.status === "sent") {
    if (recipient.read_at !== null) return words.read;
    if (recipient.delivered_at !== null) return words.delivered;
  }
  return text.reasons.message[recipient.status];
}

const styles = StyleSheet.create({
  list: { padding: SPACE.l, paddingTop: 0 },
  header: { gap: SPACE.l, paddingBottom: SPACE.m },
  filter: { flexDirection: "row", flexWrap: "wrap", gap: SPACE.s },
  row: { borderBottomWidth: StyleSheet.hairlineWidth, paddingVertical: SPACE.s, gap: SPACE.xs },
});
