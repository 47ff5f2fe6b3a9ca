-- Mexican numbers as people type them. tests/database/test_phone.py holds the same function against a library.
begin;
select plan(45);

select is(wa.normalize_phone(raw), '+525512345678', format('«%s» is +52 55 1234 5678', raw)) from (values
  ('5512345678'), ('55 1234 5678'), ('55-1234-5678'), ('(55) 1234-5678'), ('55.1234.5678'), ('55/1234/5678'),
  ('+525512345678'), ('+52 55 1234 5678'), ('(+52) 55 1234 5678'), ('525512345678'), ('00525512345678'),
  ('+5215512345678'), ('5215512345678'), ('+52 1 55 1234 5678'), ('0052 1 55 1234 5678'),
  ('015512345678'), ('01 55 1234 5678'), ('0445512345678'), ('044 55 1234 5678'), ('0455512345678'),
  (E'\u00a055\u00a01234\u00a05678 '), (E'55\u201112345678'), (E'55\u20131234\u20135678'), (E'\t5512345678')) t(raw);

select is(wa.normalize_phone('5255123456'), '+525255123456', 'ten digits that begin with 52 are a number of their own');
select is(wa.normalize_phone(raw), null, format('«%s» is no Mexican number', raw)) from (values
  (''), (' '), ('12345'), ('551234567'), ('55123456789'), ('+5512345678'), ('+34 600 000 000'), ('+1 213 555 0100'),
  ('0512345678'), ('1512345678'), ('+520512345678'), ('5512345678 ext 5'), ('55x12345678'), ('n/a'), (E'٥٥١٢٣٤٥٦٧٨'), ('5512345678;5512345679')) t(raw);

select is(wa.phone_problem(raw), reason, format('«%s»: %s', coalesce(raw, 'null'), reason)) from (values
  (null, 'missing_number'), (E' \t\n', 'missing_number'),
  ('+34 600 000 000', 'foreign_number'), ('0034600000000', 'foreign_number')) t(raw, reason);

select * from finish();
rollback;
