import { Loading } from "../ui";
import { text } from "../text/es-MX";

/** Pick a template, fill it in, choose whom, confirm. */
export function SendView(_: { onSent: (jobId: string) => void; voterIds?: readonly string[] }) {
  return <Loading label={text.loading} />;
}
