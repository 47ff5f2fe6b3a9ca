"""The audit log as a file, for an authority."""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.adapters.audit_store import AuditStore
from shared.errors import BridgeError
from shared.http import Reply
from shared.rules.audit_file import HEADERS, cells_of, facts_cells, first_digest, write_line
from shared.rules.audit_inputs import AuditRequest

TYPES = {"csv": "text/csv", "jsonl": "application/x-ndjson"}
AS_THEY_ARE = ("at", "actor", "act", "job_id", "details", "prev_hash", "hash")
RENAMED = {"text": "rendered_text", "salt": "text_salt"}


class AuditService:
    """The log's part of the `send` API; it acts as the user whose token it is given."""

    def __init__(self, store: AuditStore, logger: logging.Logger) -> None:
        self._store = store
        self._logger = logger

    def export(self, token: str, asked: AuditRequest) -> Reply:
        """Stream the part asked for; a file that was cut short has no last record.

        Raises:
            Refused: before anything is sent. What goes wrong later cuts the answer short.
        """
        self._store.take_request(token, asked.campaign_id, "export")
        extent = self._store.begin_export(token, asked)
        name = f"bitacora-{asked.campaign_id}.{asked.form}"
        return Reply(
            stream=self._told(self._file(token, asked, extent)),
            mimetype=TYPES[asked.form],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _told(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        try:
            yield from pieces
        except BridgeError as error:
            extra = {"event": "export_cut", "code": error.code}
            self._logger.warning("audit", extra=extra)
            raise

    def _file(self, token: str, asked: AuditRequest, extent: Mapping[str, Any]) -> Iterator[bytes]:
        file = _File(asked.form, str(asked.campaign_id))
        yield HEADERS[asked.form] + file.record("start", extent)
        after, last = (extent["first_seq"] or 1) - 1, extent["last_seq"] or 0
        while after < last:
            page = self._store.export_page(token, asked.campaign_id, after, last)
            if not page["entries"]:
                break
            yield file.page(page)
            after = page["entries"][-1]["seq"]
        yield file.record("end", {"entries": file.entries, "last_hash": file.last_hash})


class _File:
    """What was written so far: the facts that entries may name, and the last line's digest."""

    def __init__(self, form: str, campaign_id: str) -> None:
        self._form = form
        self._campaign_id = campaign_id
        self._digest = first_digest(form)
        self._facts: dict[str, Mapping[str, str]] = {}
        self.entries = 0
        self.last_hash = ""

    def record(self, kind: str, details: Mapping[str, Any]) -> bytes:
        return self._line({"record": kind, "details": json.dumps(details, ensure_ascii=False)})

    def page(self, page: Mapping[str, Any]) -> bytes:
        lines = [self._new_facts(*named) for named in page["facts"].items()]
        lines += [self._entry(entry) for entry in page["entries"]]
        return b"".join(lines)

    def _new_facts(self, digest: str, facts: str) -> bytes:
        if digest in self._facts:
            return b""
        self._facts[digest] = facts_cells(json.loads(facts))
        return self._line({"record": "facts", "details": facts, "hash": digest})

    def _entry(self, entry: Mapping[str, Any]) -> bytes:
        self.entries += 1
        self.last_hash = entry["hash"]
        details = json.loads(entry["details"])
        cells = {"record": "entry", "seq": str(entry["seq"]), "campaign_id": self._campaign_id}
        cells |= {name: entry[name] for name in AS_THEY_ARE}
        cells |= cells_of(entry["act"], details, self._facts.get(details.get("facts"), {}))
        cells |= {column: entry[name] for name, column in RENAMED.items()}
        cells |= {name: entry[name] for name in ("delivered_at", "read_at")}
        return self._line({column: cell for column, cell in cells.items() if cell})

    def _line(self, cells: Mapping[str, str]) -> bytes:
        line, self._digest = write_line(self._form, cells, self._digest)
        return line
