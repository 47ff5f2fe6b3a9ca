"""Files of consents as people export them: what is read, and what is refused."""

from collections.abc import Sequence

TITLES = ("Teléfono", "Fecha", "Fuente", "Versión del aviso", "Evidencia")
ANA = ("55 1000 0001", "15/03/2026", "Módulo en la plaza", "marzo 2026", "folio 12")
# How the same row is read, whatever it was written in.
READ = {
    "row": 2,
    "phone": "55 1000 0001",
    "obtained_at": "2026-03-15",
    "source": "Módulo en la plaza",
    "notice_version": "marzo 2026",
    "evidence": "folio 12",
}

# The same, of one person.
CONSENT = {name: text for name, text in READ.items() if name not in {"row", "phone"}}


def csv_of(
    rows: Sequence[Sequence[str]] = (ANA,), *, titles: Sequence[str] = TITLES, delimiter: str = ";"
) -> bytes:
    """Return a file with these rows, each cell in quotes."""
    quoted = (
        [f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in (titles, *rows)
    )
    return "".join(delimiter.join(row) + "\r\n" for row in quoted).encode()


def with_column(title: str, *values: str) -> bytes:
    """Return a file with one column more, of one row for each value."""
    return csv_of([(*ANA, value) for value in values], titles=(*TITLES, title))


PLAIN = ";".join(TITLES) + "\r\n" + ";".join(ANA) + "\r\n"

# Each is one consent: READ.
AS_EXPORTED = {
    "UTF-8": PLAIN.encode(),
    "Excel's CSV UTF-8": PLAIN.encode("utf-8-sig"),
    "Excel's CSV of Windows": PLAIN.encode("cp1252"),
    "Excel's Unicode text": PLAIN.replace(";", "\t").encode("utf-16"),
    "UTF-16 of another order": b"\xfe\xff" + PLAIN.replace(";", "\t").encode("utf-16-be"),
    "commas": PLAIN.replace(";", ",").encode(),
    "bars": PLAIN.replace(";", "|").encode(),
    "line ends of Unix": PLAIN.replace("\r", "").encode(),
    "line ends of old Macs": PLAIN.replace("\n", "").encode(),
    "no line end": PLAIN.strip().encode(),
    "all in quotes": csv_of(),
    "spaces around": PLAIN.replace(";", " ; ").encode(),
    "the line that names the delimiter": b"sep=;\r\n" + PLAIN.encode(),
    "empty rows behind": PLAIN.encode() + b";;;;\r\n\r\n",
    "titles of another order": (
        "Evidencia,Fuente,Fecha de consentimiento,CELULAR,Version aviso\n"
        "folio 12,Módulo en la plaza,2026-03-15,55 1000 0001,marzo 2026\n"
    ).encode(),
    "English titles": (
        "phone,date,source,notice_version,evidence\n"
        "55 1000 0001,2026-03-15,Módulo en la plaza,marzo 2026,folio 12\n"
    ).encode(),
    "a medium": PLAIN.replace("Fuente", "Medio").encode(),
    "delimiters within titles": csv_of(
        titles=("Teléfono", "Fecha", "Fuente", "Versión del aviso", "Evidencia", "a, b, c, d, e"),
        rows=[(*ANA, "")],
    ),
}

DAY = "2026-03-15"
# What is typed for a day, and how it is read.
DATES = {
    "15/03/2026": DAY,
    "15-03-2026": DAY,
    "15.03.2026": DAY,
    "15/3/26": DAY,
    "15-03-26": DAY,
    "2026-03-15": DAY,
    "2026/03/15": DAY,
    "15 de marzo de 2026": DAY,
    "15 de Marzo del 2026": DAY,
    "15-mar-26": DAY,
    "15/mar./2026": DAY,
    "46096": DAY,  # Excel's own count of days
    "46096.0": DAY,
    "46096.5": f"{DAY}T12:00:00",
    "15/03/2026 09:07": f"{DAY}T09:07:00",
    "15/03/2026 9:07:33 p. m.": f"{DAY}T21:07:33",
    "15/03/2026 12:07 a.m.": f"{DAY}T00:07:00",
    "2026-03-15T09:07:33": f"{DAY}T09:07:33",
    "2026-03-15 09:07:33.123": f"{DAY}T09:07:33",
    "2026-03-15T09:07:33Z": f"{DAY}T09:07:33+00:00",
    "2026-03-15T09:07:33-06:00": f"{DAY}T09:07:33-06:00",
    "2026/03/15 9:07:33 a. m. GMT-6": f"{DAY}T09:07:33-06:00",  # Google Forms
    "03/04/2026": "2026-04-03",  # in Mexico the day comes first
}
NO_DATES = (
    *("hoy", "ayer", "marzo 2026", "2026", "31/02/2026", "0/3/2026", "15/13/2026", "pendiente"),
    *("15/03", "99999", "1", "2026-13-01", "15/03/2026 25:00", "15/foo/2026", "55 1000 0001"),
    *("00/00/0000", "46,096,1", "2026-03-15T10:00+20:00"),
)

# A column, and its value: the file is refused.
ROLL_DATA = (
    ("Clave de elector", ""),
    ("CLAVE ELECTOR", "x"),
    ("clave_elector", ""),
    ("ClaveElector", ""),
    ("CLAVEELECTOR", ""),
    ("Cve. de Elector", ""),
    ("cve_elector", ""),
    ("Clave electoral", ""),
    ("CVE_ELEC", ""),
    ("ID elector", ""),
    ("C.U.R.P.", ""),
    ("Clave del elector (INE)", ""),
    ("OCR", ""),
    ("O.C.R.", ""),
    ("Número OCR", ""),
    ("OCR/CIC", ""),
    ("CIC", ""),
    ("CIC de la INE", ""),
    ("CURP", ""),
    ("Folio INE", ""),
    ("INE", ""),
    ("No. de credencial para votar", ""),
    ("Folio del padrón", ""),
    ("Lista nominal", ""),
    # By what stands in it, whatever it is called.
    ("Nota", "GRPRAN85031209M100"),
    ("Nota", "gmvljs90122531h800"),
    ("Nota", "GRPRAN 850312 09 M 100"),
    ("Nota", "su clave es GRPRAN85031209M100."),
    ("Nota", "GAPA850312MDFRRN09"),
    ("Nota", "gapa850312mdfrrn09"),
    ("Nota", "IDMEX1234567890<<0123456789012"),
    ("Liga", "https://fotos.example.mx/INE_GRPRAN85031209M100_1.jpg"),
    ("Nota", "OCR 0123456789012"),
    ("Nota", "ocr: 012345678901"),
    ("Nota", "CIC: 123456789"),
    ("Identificación", "0123456789012"),
    ("Identificación", "123456789"),
    ("Identificación oficial", "1234567890"),
)
# The same where nothing may be refused.
NO_ROLL_DATA = (
    ("Nombre", "María Guadalupe Peña"),
    ("Elector", "Ana Ruiz"),
    ("Sección", "0123"),
    ("Sección electoral", "123"),
    ("Clave de sección electoral", "0123"),
    ("Distrito electoral", "12"),
    ("Clave", "A-17"),
    ("Clave del promotor", "GRP-850312"),
    ("Folio", "0123456789012"),
    ("Referencia", "123456789"),
    ("Número de registro", "123456789012"),
    ("ID", "1774300000000"),
    ("Teléfono de casa", "5510000001"),
    ("Otro número", "525510000001"),
    ("Otro número", "5215510000001"),
    ("Identificación", "sí"),
    ("Identificación del módulo", "Módulo 12"),
    ("Liga", "https://forms.example.mx/d/1FAIpQLSdGRPRAN850312"),
    ("Liga", "https://example.mx/e/3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
    ("Nota", "El circuito CICLISTA pasó por aquí"),
    ("Nota", "MODULO20260315M100"),
    ("Nota", "GRPRAN85131209M100"),  # no month
    ("Nota", "GRPRAN85031255M100"),  # no state
    ("Nota", "RUGA850312AB1"),  # a tax number
    ("Nota", "MICROCIRCUITO 123456789"),
    ("Correo", "ana850312@example.mx"),
    ("Municipio", "Ocoyoacac"),
    ("Medio de contacto", "Módulo de INEGI"),
    ("Fecha de nacimiento", "12/03/1985"),
    ("Vecino", "sí"),
    ("Código postal", "06700"),
    ("Pulsera", "OCR"),
    ("Nota", "52 1 55 1000 0001"),
)
SENSITIVE = (
    *(
        "Voto",
        "Intención de voto",
        "¿Por quién votaría?",
        "Simpatía",
        "Simpatizante",
        "SIMPATIA 2027",
    ),
    *("Afinidad", "Afinidad política", "Partido", "Partido político", "Militante", "Afiliación"),
    *("Preferencia electoral", "Preferencia política", "Ideología", "Sentimiento", "sentiment"),
    *("Religión", "Origen étnico", "Estado de salud", "Orientación sexual", "Discapacidad"),
)
NOT_SENSITIVE = (
    *(
        "Preferencia de contacto",
        "Medio preferido",
        "Partido judicial",
        "Centro de salud",
        "Devoto",
    ),
    *("Nombre", "Colonia", "Sexo", "Edad", "Promotor", "Ruta", "Salón", "Etiquetas", "Apartado"),
    *("Origen", "Afiche", "Estado", "Votantes del distrito"),
)
AGREED = (
    "Sí",
    "si",
    "SÍ, acepto recibir mensajes",
    "x",
    "Acepto",
    "autorizo",
    "true",
    "1",
    "Verdadero",
)
NOT_AGREED = ("No", "no acepto", "", "0", "FALSO", "No sé", "pendiente")
# Titles under which people say yes or no.
QUESTIONS = (
    *("¿Desea recibir mensajes?", "¿Quiere recibir mensajes por WhatsApp?", "De acuerdo"),
    *("¿Está de acuerdo?", "Opt-in", "opt_in", "Permite contacto", "¿Nos permites escribirte?"),
    *("Permiso", "Suscrito", "Recibir mensajes", "Consintió", "Aviso aceptado", "Autorizado"),
    *("¿Te gustaría recibir noticias?", "Estatus del consentimiento"),
)
NO_QUESTIONS = (
    *("Tipo de consentimiento", "Medio de consentimiento", "Sección", "Contacto", "Estado"),
    *("¿Qué desea para su colonia?", "¿Cómo quiere recibir la información?", "Deseos"),
    *("Fecha de suscripción", "Baja California", "Planta baja", "Municipio"),
)
# A column, and what in it says that the person wants silence.
SILENT = (
    *(("Baja", "Sí"), ("Fecha de baja", "16/03/2026"), ("Motivo de baja", "cambió de número")),
    *(("Revocado", "x"), ("Revocación", "2026-04-01"), ("No contactar", "1"), ("Opt-out", "true")),
    *(("Canceló", "Sí"), ("Estatus", "BAJA"), ("Estatus", "Revocado"), ("Notas", "pidió baja")),
    *(("Notas", "No quiere recibir mensajes"), ("Respuesta", "No acepto")),
)
NOT_SILENT = (
    *(("Baja", "No"), ("Fecha de baja", ""), ("Fecha de baja", "-"), ("No contactar", "no")),
    *(("Revocado", "FALSO"), ("Opt-out", "0"), ("Estado", "Baja California"), ("Notas", "no sé")),
    *(("Baja California", "Tijuana"), ("Notas", "vive en la planta baja"), ("Baja", "N/A")),
)
