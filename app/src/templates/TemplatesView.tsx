import { Loading } from "../ui";
import { text } from "../text/es-MX";

/** The campaign's templates and the writing of new ones. */
export function TemplatesView() {
  return <Loading label={text.loading} />;
}
