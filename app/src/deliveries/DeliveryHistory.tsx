import { useMemo } from "react";
import { FlatList, Pressable, StyleSheet, View } from "react-native";
import type { Job } from "../api/messagingApi";
import { useJobs, useTemplates } from "../api/queries";
import { useMessaging } from "../messaging";
import { nameOf } from "../send/TemplateSelector";
import { text } from "../text/es-MX";
import { Loading, ProblemNotice, ProgressBar, SPACE, TARGET, useTheme, Words } from "../ui";
import { More } from "./More";
import { doneOf, lineOf, stateOf } from "./jobs";

/** Past and open jobs, the latest first; more come as one scrolls. */
export function DeliveryHistory({ onOpen }: { onOpen: (jobId: string) => void }) {
  const jobs = useJobs();
  const templates = useTemplates();
  const names = useMemo(
    () => new Map(templates.data?.map((template) => [template.id, nameOf(template)])),
    [templates.data],
  );
  if (jobs.data === undefined) {
    return jobs.isError
      ? (
        <View style={styles.list}>
          <ProblemNotice error={jobs.error} onRetry={() => void jobs.refetch()} />
        </View>
      )
      : <Loading label={text.loading} />;
  }
  return (
    <FlatList
      data={jobs.data.pages.flatMap((page) => page.jobs)}
      keyExtractor={(job) => job.job_id}
      contentContainerStyle={styles.list}
      ListHeaderComponent={jobs.isError && !jobs.isFetchNextPageError
        ? <ProblemNotice error={jobs.error} onRetry={() => void jobs.refetch()} />
        : null}
      ListEmptyComponent={<Words tone="muted">{text.deliveries.none}</Words>}
      ListFooterComponent={<More page={jobs} />}
      onEndReached={() => {
        if (jobs.hasNextPage && !jobs.isFetchingNextPage) void jobs.fetchNextPage();
      }}
      onEndReachedThreshold={0.6}
      renderItem={({ item }) => (
        <Delivery
          job={item}
          name={names.get(item.template_id) ?? text.deliveries.unknownTemplate}
          onOpen={() => onOpen(item.job_id)}
        />
      )}
    />
  );
}

function Delivery({ job, name, onOpen }: { job: Job; name: string; onOpen: () => void }) {
  const theme = useTheme();
  const { now } = useMessaging();
  return (
    <View
      style={[styles.delivery, { backgroundColor: theme.surface, borderColor: theme.border }]}
    >
      <Pressable
        role="button"
        onPress={onOpen}
        style={styles.open}
      >
        <Words strong>{name}</Words>
        <Words tone={toneOf(job)}>{stateOf(job)}</Words>
        <Words tone="muted">{lineOf(job, now())}</Words>
      </Pressable>
      <ProgressBar
        value={job.progress_pct}
        label={`${text.deliveries.progressName}: ${name}`}
        words={text.deliveries.progress(doneOf(job), job.target_count)}
      />
    </View>
  );
}

function toneOf(job: Job): "text" | "warning" | "danger" | "good" {
  if (job.status === "failed") return "danger";
  if (job.status === "completed") return "good";
  return job.waiting_for !== null || job.status === "paused" ? "warning" : "text";
}

const styles = StyleSheet.create({
  list: { padding: SPACE.l, paddingTop: 0, gap: SPACE.m },
  delivery: { borderWidth: 1, borderRadius: 12, padding: SPACE.l, gap: SPACE.m },
  open: { minHeight: TARGET, gap: SPACE.xs },
});
