-- The words of identification.sql: offices, parties, and how people are told to leave.

create function wa.known_offices()
returns table (place integer, typed text, called text)
language sql immutable
set search_path = ''
as $$
  values
    (1, ' (jef[ae] gobierno|jefatura gobierno) ', 'jef[ae] gobierno|jefatura gobierno'),
    (2, ' (gobernador|gobernadora|gubernatura|gob) ',
      'gobernador(a|as|es)?|gubernatura|gob|al gobierno'),
    (3, ' (diputad|diputacion|dip )', 'diputad[a-z]+|diputacion(es)?|dip'),
    (4, ' (senador|senaduria|sen )', 'senador[a-z]*|senaduria|sen'),
    (5, ' (presiden[a-z]+ municipal|alcald)',
      'presiden[a-z]+ municipal[a-z]*|alcald[a-z]+|(pdt[ae]|pte|pres|presid) (mpal|mun[a-z]*)'),
    (6, '^ presiden[a-z]+ ($|republica|mexico|estados)',
      'presiden[a-z]+(?! (municipal|mpal|colonia|comite|comunidad|consejo|partido))'),
    (7, ' (regidor|regiduria)', 'regidor[a-z]*|regiduria'),
    (8, ' sindic', 'sindic[oa]s?|sindicatura'),
    (9, ' concejal', 'concejal[a-z]*');
$$;

-- The national parties, by INE's register. An acronym is in capitals: pan is bread. "Verde" and
-- "trabajo" alone are words.
create function wa.known_parties()
returns table (acronym text, typed text, called text)
language sql immutable
set search_path = ''
as $$
  values
    ('PAN', '^(pan|(partido )?accion nacional)$', 'accion nacional'),
    ('PRI', '^(pri|(partido )?revolucionario institucional)$', 'revolucionario institucional'),
    ('PRD', '^(prd|(partido )?revolucion democratica)$', 'revolucion democratica'),
    ('PT', '^(pt|(partido )?trabajo)$', 'partido trabajo'),
    ('PVEM', '^(pvem|(partido )?verde( ecologista( mexico)?)?)$', 'partido verde|verde ecologista'),
    ('MC', '^(mc|(partido )?movimiento ciudadano)$', 'movimiento ciudadano'),
    ('MORENA', '^((partido )?morena|movimiento regeneracion nacional)$',
      '(?<! (piel|tez|virgen|mujer|chica|azucar) )morena|movimiento regeneracion nacional');
$$;

-- What may stand before a name that is told without it: "Partido Acción Nacional".
create function wa.words_before_parties()
returns text
language sql immutable
set search_path = ''
as $$
  select '^ (partido( politico)?|coalicion|candidatura comun) (?=[^ ]+ [^ ]+)';
$$;

-- Labels and payloads of quick replies, without accents and marks.
create function wa.opt_out_labels()
returns text[]
language sql immutable
set search_path = ''
as $$
  select '{baja,dar de baja,darme de baja,quiero baja,quiero darme de baja,baja de la lista,alto,'
    'stop,cancelar,cancelar mensajes,cancelar suscripcion,salir,salir de la lista,ya no,'
    'ya no quiero mensajes,ya no recibir mensajes,no quiero mensajes,no quiero mas mensajes,'
    'no recibir mas,no recibir mas mensajes,no mas mensajes,dejar de recibir,'
    'dejar de recibir mensajes,stop promotions}'::text[];
$$;
