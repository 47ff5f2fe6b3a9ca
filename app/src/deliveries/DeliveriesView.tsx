import { DeliveryDetail } from "./DeliveryDetail";
import { DeliveryHistory } from "./DeliveryHistory";

interface DeliveriesViewProps {
  /** The one that is looked at; null: all of them. */
  jobId: string | null;
  onOpen: (jobId: string | null) => void;
}

export function DeliveriesView({ jobId, onOpen }: DeliveriesViewProps) {
  return jobId === null
    ? <DeliveryHistory onOpen={onOpen} />
    : <DeliveryDetail key={jobId} jobId={jobId} onBack={() => onOpen(null)} />;
}
