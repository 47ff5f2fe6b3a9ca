import { View } from "react-native";
import type { SkipReason } from "./api/messagingApi";
import { text } from "./text/es-MX";
import { Words } from "./ui";

interface ReasonListProps {
  counts: Record<string, number>;
  /** What stands above it; it is told how many there are in all. */
  title: (all: number) => string;
}

/** How many are left out, by reason in words; nothing where nobody is. */
export function ReasonList({ counts, title }: ReasonListProps) {
  const reasons = Object.entries(counts) as [SkipReason, number][];
  if (reasons.length === 0) return null;
  const all = reasons.reduce((sum, [, n]) => sum + n, 0);
  return (
    <View>
      <Words>{title(all)}</Words>
      <View role="list">
        {reasons.map(([reason, n]) => (
          <View key={reason} role="listitem">
            <Words tone="muted">{text.send.excludedReason(text.reasons.skip[reason], n)}</Words>
          </View>
        ))}
      </View>
    </View>
  );
}
