import { Loading } from "../ui";
import { text } from "../text/es-MX";

/** Past and open jobs; `jobId`: the one that is looked at. */
export function DeliveriesView(
  _: { jobId: string | null; onOpen: (jobId: string | null) => void },
) {
  return <Loading label={text.loading} />;
}
