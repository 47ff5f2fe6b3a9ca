import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { AudiencePreview, AudienceRequest } from "../api/messagingApi";
import { Problem } from "../api/problem";
import { keys } from "../api/queries";
import { useMessaging } from "../messaging";
import { useSettled } from "./useSettled";

const TYPING_MS = 300;

export interface Count {
  /** The last one known. */
  preview: AudiencePreview | null;
  /** Whether it may be of another request than the present one. */
  counting: boolean;
  problem: Problem | null;
  retry: () => void;
}

/** The audience of what is chosen; the last count stays while the next is asked for. */
export function useCount(request: AudienceRequest): Count {
  const { api } = useMessaging();
  const settled = useSettled(request, TYPING_MS);
  const query = useQuery({
    queryKey: keys.audience(settled),
    queryFn: ({ signal }) => api.previewAudience(settled, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
    refetchOnWindowFocus: false, // a dialog that tells the count would close
    gcTime: 0,
  });
  const isSettled = JSON.stringify(settled) === JSON.stringify(request);
  const error = query.error instanceof Problem ? query.error : null;
  return {
    preview: query.data ?? null,
    counting: !isSettled || query.isFetching,
    problem: isSettled && !query.isFetching ? error : null,
    retry: () => void query.refetch(),
  };
}
