"""Lets a run happen: does each deed when its time has come, and knows when all is settled."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import psycopg

from devstack.chaos.accounts import Accounts
from devstack.chaos.evidence import Counters, Evidence, gather, read_counters
from devstack.chaos.journal import Journal
from devstack.chaos.plan import CREDENTIALS, Deed, Step
from devstack.chaos.scene import NUMBERS, Job, Scene
from devstack.demo.opening import tell_meta
from devstack.stack.campaign import TEMPLATE_NAME

POLL_SECONDS = 0.5
# A lease lasts two minutes, so does a probe; whatever moves less often than this moves no more.
STILL_SECONDS = 300
SETTLING_SECONDS = 90
OPERATOR_SECONDS = 5
# Between two deeds, so that each meets a stack at work.
REST_SECONDS = 3
BAJA_SHARE = 0.002

PICK_VOTERS = """
    select q.recipient_phone from public.wa_send_queue q
    where q.campaign_id = %s and q.status = 'queued' order by md5(q.id::text) limit %s
"""
READ_OPT_OUTS = """
    select s.phone_number_id, o.phone, extract(epoch from clock_timestamp())::double precision
    from public.wa_opt_outs o join public.wa_senders s on s.id = o.sender_id
    where o.opted_out
"""
# What an operator does who has looked after the number: the cool-down is over now.
END_COOLDOWN = """
    update public.wa_senders s set blocked_until = now()
    where s.state = 'blocked' and s.blocked_until > now() and s.credential <> %s
    returning s.phone_number_id
"""


class Director:
    """Runs the deeds of one run, one after another, on the caller's thread."""

    def __init__(
        self, scene: Scene, jobs: Mapping[str, Job], steps: list[Step], journal: Journal
    ) -> None:
        self._scene, self._jobs, self._journal = scene, jobs, journal
        self._steps = list(steps)
        self._to_follow: list[tuple[float, Step]] = []
        self._expired = ""
        self._next_round = 0.0
        self._rested_at = 0.0
        self._start: dict[str, Counters] = {}

    def run_deeds(self) -> None:
        """Return when every message is settled, or nothing has moved for five minutes."""
        last, moved_at = self._look(), time.monotonic()
        self._start = last
        while any(job.pending for job in last.values()) or self._to_follow:
            self._do_what_is_due(last)
            time.sleep(POLL_SECONDS)
            now = self._look()
            if now != last:
                last, moved_at = now, time.monotonic()
            elif time.monotonic() - moved_at > STILL_SECONDS:
                return

    def settle(self) -> Evidence:
        """Wait for the last receipts; return the evidence when the books are right or still."""
        last, moved_at = None, time.monotonic()
        while True:
            state = (self._look(), self._scene.ask_meta("stats")["receipts_pending"])
            if state != last:
                last, moved_at = state, time.monotonic()
            patient = time.monotonic() - moved_at < SETTLING_SECONDS
            if not state[1] or not patient:
                evidence = gather(self._scene, self._jobs, self._journal)
                if not patient or not Accounts(evidence).problems():
                    return evidence
            time.sleep(POLL_SECONDS * 2)

    def undone(self) -> list[str]:
        """Return the deeds whose time never came."""
        return [step.deed for step in self._steps]

    def _look(self) -> dict[str, Counters]:
        while True:
            try:
                with self._scene.database() as connection:
                    self._watch_opt_outs(connection)
                    if time.monotonic() >= self._next_round:
                        self._operate(connection)
                    return read_counters(connection, self._jobs)
            except psycopg.OperationalError:
                time.sleep(POLL_SECONDS)

    def _watch_opt_outs(self, connection: psycopg.Connection) -> None:
        rows = connection.execute(READ_OPT_OUTS).fetchall()
        seen = {(number, phone): at for number, phone, at in rows}
        self._journal.bajas = [
            baja
            if baja.seen_at
            else replace(baja, seen_at=seen.get((NUMBERS[baja.campaign], baja.phone)))
            for baja in self._journal.bajas
        ]

    def _operate(self, connection: psycopg.Connection) -> None:
        self._next_round = time.monotonic() + OPERATOR_SECONDS
        for (number,) in connection.execute(END_COOLDOWN, (self._expired,)).fetchall():
            campaign = next(name for name, known in NUMBERS.items() if known == number)
            self._journal.note("cool-down ended by the operator", f"number of {campaign}")

    def _do_what_is_due(self, counters: Mapping[str, Counters]) -> None:
        for at, step in list(self._to_follow):
            if time.monotonic() >= at and step.then:
                self._to_follow.remove((at, step))
                self._do(step.then, step)
                self._rested_at = time.monotonic() + REST_SECONDS
        due = [step for step in self._steps if self._settled(counters, step.job) >= step.share]
        if due and not self._to_follow and time.monotonic() >= self._rested_at:
            step = due[0]
            self._steps.remove(step)
            self._do(step.deed, step)
            self._rested_at = time.monotonic() + REST_SECONDS
            if step.then:
                self._to_follow.append((time.monotonic() + step.after_s, step))

    def _settled(self, counters: Mapping[str, Counters], job: str) -> float:
        """Return the share of the messages pending at the start that are not any more."""
        jobs = [job] if job else list(counters)
        at_first = sum(self._start[name].pending for name in jobs)
        return 1 - sum(counters[name].pending for name in jobs) / max(at_first, 1)

    def _do(self, deed: Deed, step: Step) -> None:
        deeds: dict[Deed, Callable[[Step], None]] = {
            Deed.PAUSE_JOB: self._pause,
            Deed.RESUME_JOB: self._resume,
            Deed.CANCEL_JOB: self._cancel,
            Deed.EXPIRE_TOKEN: lambda _: self._expire(CREDENTIALS[1]),
            Deed.RESTORE_TOKEN: lambda _: self._expire(""),
            Deed.PAUSE_TEMPLATE: lambda _: self._change_template("PAUSED"),
            Deed.APPROVE_TEMPLATE: lambda _: self._change_template("APPROVED"),
            Deed.RESTART_POSTGRES: lambda _: self._restart(kill=False),
            Deed.CRASH_POSTGRES: lambda _: self._restart(kill=True),
            Deed.SAY_BAJA: lambda _: self._say_baja(),
        }
        self._journal.note(deed, step.job)
        deeds[deed](step)

    def _pause(self, step: Step) -> None:
        self._scene.change(self._jobs[step.job], "pause")
        self._journal.pauses[step.job] = (time.time(), float("inf"))

    def _resume(self, step: Step) -> None:
        self._journal.pauses[step.job] = (self._journal.pauses[step.job][0], time.time())
        self._scene.change(self._jobs[step.job], "resume")

    def _cancel(self, step: Step) -> None:
        self._scene.change(self._jobs[step.job], "cancel")
        self._journal.cancelled_at[step.job] = time.time()

    def _expire(self, credential: str) -> None:
        self._expired = credential
        token = self._scene.stack.secrets.access_tokens.get(credential, "")
        tell_meta(self._scene.stack, "config", {"faults": {"expired_token": token}})

    def _change_template(self, event: str) -> None:
        value = {
            "event": event,
            "message_template_id": 594425479261596,
            "message_template_name": TEMPLATE_NAME,
            "message_template_language": "es_MX",
            "reason": "NONE",
        }
        order = {"field": "message_template_status_update", "value": value}
        tell_meta(self._scene.stack, "events", order)

    def _restart(self, *, kill: bool) -> None:
        began = time.time()
        self._scene.stack.postgres.restart(kill=kill)
        self._journal.note_outage(began, "Postgres was away")

    def _say_baja(self) -> None:
        """Let some voters of each campaign answer before it is their turn."""
        for name, number in NUMBERS.items():
            job = self._jobs[f"{name}1"]
            most = sum(one.target for one in self._start.values()) * BAJA_SHARE
            with self._scene.database() as connection:
                voters = connection.execute(PICK_VOTERS, (job.campaign_id, max(2, round(most))))
                phones = [phone for (phone,) in voters.fetchall()]
            for phone in phones:
                reply = {"phone_number_id": number, "from": phone, "kind": "text", "text": "BAJA"}
                tell_meta(self._scene.stack, "inbound", reply)
                self._journal.add_baja(name, phone)
