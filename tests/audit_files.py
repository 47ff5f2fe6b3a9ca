"""Small files of the audit log, made without a database."""

import hashlib
import io
import json
from dataclasses import asdict, replace

from shared.rules.audit_chain import Entry, hash_of, root_of
from shared.rules.audit_file import HEADERS, cells_of, facts_cells, first_digest, write_line

CAMPAIGN = "11111111-1111-4111-8111-111111111111"
JOB = "22222222-2222-4222-8222-222222222222"
FACTS = json.dumps({"candidate": "=Ana", "zones": ["America/Tijuana"], "unit_cost": 0.0397})
FACTS_HASH = hashlib.sha256(FACTS.encode()).hexdigest()
SALT = "a" * 64
TEXT = 'Hola "Ñandú",\nsomos\r\nAna\\n'


def _message(n):
    said = hashlib.sha256((SALT + TEXT).encode()).hexdigest()
    told = {"message_id": f"m{n}", "decision": "sent", "facts": FACTS_HASH, "text_hash": said}
    return json.dumps(told | {"claimed_at": "2027-05-01T12:00:00.000000Z"})


def sealed(actor="Ana, \"la\" 'jefa'"):
    """Return five entries, two of them about messages."""
    acts = [
        ("settings_made", "{}"),
        ("job_created", '{"n": 1}'),
        ("message", _message(3)),
        ("opt_out", '{"said_at": "2027-05-01T12:00:00+00:00"}'),
        ("message", _message(5)),
    ]
    chain, head = [], root_of(CAMPAIGN)
    for seq, (act, details) in enumerate(acts, start=1):
        entry = Entry(
            seq=seq,
            campaign_id=CAMPAIGN,
            at=f"2027-05-01T12:00:0{seq}.000000Z",
            actor=actor,
            act=act,
            job_id=JOB if act == "message" else "",
            details=details,
            prev_hash=head,
            hash="",
        )
        chain.append(replace(entry, hash=hash_of(entry)))
        head = chain[-1].hash
    return chain


def _records(chain):
    extent = {
        "campaign_id": CAMPAIGN,
        "first_seq": 1,
        "last_seq": 5,
        "prev_hash": root_of(CAMPAIGN),
    }
    told = {"days": [{"day": "2027-05-01", "seq": 5, "hash": chain[-1].hash}], "head": None}
    yield {"record": "start", "details": json.dumps(extent | told)}
    yield {"record": "facts", "details": FACTS, "hash": FACTS_HASH}
    for entry in chain:
        cells = asdict(entry) | {"record": "entry", "seq": str(entry.seq)}
        cells |= cells_of(entry.act, json.loads(entry.details), facts_cells(json.loads(FACTS)))
        if entry.act == "message":
            cells |= {"rendered_text": TEXT, "text_salt": SALT, "read_at": "2027"}
        yield {column: cell for column, cell in cells.items() if cell}
    end = {"entries": len(chain), "last_hash": chain[-1].hash}
    yield {"record": "end", "details": json.dumps(end)}


def file_of(form, alter=lambda records: records, **made):
    """Return a file's bytes; `alter` may change its records before their lines are chained."""
    written, digest = [HEADERS[form]], first_digest(form)
    for record in alter(list(_records(sealed(**made)))):
        line, digest = write_line(form, record, digest)
        written.append(line)
    return b"".join(written)


def lines_of(raw):
    return io.BytesIO(raw).readlines()
