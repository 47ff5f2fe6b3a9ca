import { text } from "../text/es-MX";
import { Loading, ProblemNotice } from "../ui";

interface MoreProps {
  page: {
    isFetchingNextPage: boolean;
    isFetchNextPageError: boolean;
    error: unknown;
    fetchNextPage: () => Promise<unknown>;
  };
}

/** The end of a list that goes on: a part that did not come must not look like the end. */
export function More({ page }: MoreProps) {
  if (page.isFetchingNextPage) return <Loading label={text.loading} />;
  if (!page.isFetchNextPageError) return null;
  return <ProblemNotice error={page.error} onRetry={() => void page.fetchNextPage()} />;
}
