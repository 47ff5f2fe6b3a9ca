import { View } from "react-native";
import type { Finding } from "../api/messagingApi";
import { text } from "../text/es-MX";
import { Notice, Words } from "../ui";

/** What in a text may buy or coerce votes, or needs a second person's look, with its article. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
  return (
    <>
      <OfClass findings={findings} of="BLOCK" />
      <OfClass findings={findings} of="WARN" />
    </>
  );
}

function OfClass({ findings, of }: { findings: readonly Finding[]; of: Finding["class"] }) {
  // One phrase may stand in several places, and be found by several rules.
  const phrases = new Map(
    findings
      .filter((each) => each.class === of && each.release_id === undefined)
      .map((each) => [`${each.phrase} ${each.article}`, each]),
  );
  if (phrases.size === 0) return null;
  return (
    <Notice kind={of === "BLOCK" ? "danger" : "warning"}>
      <Words>{of === "BLOCK" ? text.send.blocked : text.send.needsApproval}</Words>
      <View role="list">
        {[...phrases].map(([key, { phrase, article }]) => (
          <View key={key} role="listitem">
            <Words>{text.send.finding(phrase, article)}</Words>
          </View>
        ))}
      </View>
    </Notice>
  );
}
