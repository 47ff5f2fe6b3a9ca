-- Whose turn a task is, where campaigns share a number (docs/decisions/0019).

-- A task is a turn of its number, not of its message: the tasks of a large list stand in the queue
-- before those of a small one that came later, so campaigns that share the number draw lots for
-- each. The message that lost its turn gets the one that the other has then left. So does whoever
-- comes behind a cancelled list. Returns that other message, or null.
create function wa.turn_of_another(
  p_message public.wa_send_queue, p_job public.communications, p_claim_id uuid)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  has_turn boolean := p_message.status = 'queued'
    and (p_message.enqueued_at is not null or p_message.leased_until > now());
  turn uuid;
begin
  if p_message.claim_id = p_claim_id then
    -- Asked again, after the answer was lost.
    return (
      select q.id
      from public.wa_send_queue q
      where q.status = 'sending' and q.claim_id = p_claim_id and q.id <> p_message.id);
  elsif has_turn and not exists (
      select
      from public.communications c
      where c.sender_id = p_job.sender_id
        and c.status = 'processing'
        and c.campaign_id <> p_job.campaign_id) then
    return null;
  end if;
  turn := wa.draw_turn(p_job.sender_id, case when has_turn then p_job.campaign_id end);
  -- So that whoever asks again is known; a message that is being sent keeps its own claimant.
  if turn is not null and p_message.status <> 'sending' then
    update public.wa_send_queue q set claim_id = p_claim_id where q.id = p_message.id;
  end if;
  return turn;
end $$;

-- One of a number's messages that has a task and is due: of the first campaign, in an order drawn
-- by lot, that has one, and of its earliest job. Null: the lot fell on p_own, or there is none that
-- nobody holds.
create function wa.draw_turn(p_sender_id uuid, p_own uuid)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  job record;
  turn uuid;
begin
  for job in
    with lot as materialized (
      select c.campaign_id, random() as place
      from public.communications c
      where c.sender_id = p_sender_id and c.status = 'processing' and c.pending_count > 0
      group by c.campaign_id)
    select c.job_id, c.campaign_id
    from lot l
    join public.communications c on c.campaign_id = l.campaign_id
    where c.sender_id = p_sender_id and c.status = 'processing' and c.pending_count > 0
    order by l.place, c.scheduled_at, c.job_id
  loop
    exit when job.campaign_id = p_own;
    select q.id into turn
    from public.wa_send_queue q
    where q.job_id = job.job_id
      and q.status = 'queued'
      and q.enqueued_at is not null
      and q.scheduled_at <= now()
    order by q.enqueued_at
    limit 1 for update skip locked;
    exit when turn is not null;
  end loop;
  return turn;
end $$;
