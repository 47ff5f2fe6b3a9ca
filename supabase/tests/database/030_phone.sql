-- What people and programs put into a number's cell, and what becomes of it: +52 and ten digits, or why not.
-- tests/database/test_phone.py holds the same functions against a library.
begin;
select plan(197);

create function pg_temp.read(p_raw text) returns text
language sql as $$ select coalesce(wa.normalize_phone(p_raw), wa.phone_problem(p_raw)) $$;

select is(pg_temp.read(raw), '+525512345678', format('«%s» is +52 55 1234 5678: %s', raw, kind)) from (values
  ('5512345678', 'as it is'), ('55 1234 5678', 'spaces'), ('55-1234-5678', 'dashes'), ('(55) 1234-5678', 'area in parentheses'),
  ('(55 1234 5678)', 'all in parentheses'), ('5512 345 678', 'odd groups'), ('- 5512345678', 'a list''s dash'),
  ('+525512345678', 'E.164'), ('+52 55 1234 5678', 'E.164'), ('(+52) 55 1234 5678', 'E.164'), ('52 (5512345678)', 'number in parentheses'),
  ('525512345678', 'no plus'), ('00525512345678', 'dialled from Europe'), ('011 52 55 1234 5678', 'dialled from the United States'),
  ('+5215512345678', 'the old 1'), ('5215512345678', 'the old 1'), ('+52 1 55 1234 5678', 'the old 1'), ('+52 (1) 55 1234 5678', 'the old 1'),
  ('0052 1 55 1234 5678', 'the old 1'), ('011 52 1 55 1234 5678', 'the old 1'),
  ('015512345678', 'trunk prefix'), ('01 55 1234 5678', 'trunk prefix'), ('01(55)12345678', 'trunk prefix'), ('+52 01 55 1234 5678', 'trunk prefix behind +52'),
  ('52015512345678', 'trunk prefix behind 52'), ('0445512345678', 'mobile prefix'), ('044 55 1234 5678', 'mobile prefix'), ('0455512345678', 'mobile prefix'),
  ('+52 044 55 1234 5678', 'mobile prefix behind +52'), ('+52 (045) 55 1234 5678', 'mobile prefix behind +52'), ('0052 044 55 1234 5678', 'mobile prefix behind 0052'),
  (E'\u00a055\u00a01234\u00a05678 ', 'no-break space'), (E'55\u20091234\u20095678', 'thin space'), (E'55\u202f1234\u202f5678', 'narrow no-break space'),
  (E'55\u30001234\u30005678', 'ideographic space'), (E'\t5512345678', 'tab'), (E'55\t1234\t5678', 'tabs'), (E'5512345678\r\n', 'line end'), (E'\n5512345678', 'line break in front'),
  (E'\u202a+52 55 1234 5678\u202c', 'copied from contacts: direction marks'), (E'\u202d5512345678\u202c', 'direction marks'), (E'\u20665512345678\u2069', 'isolates'),
  (E'+\u200e52 55 1234 5678', 'left-to-right mark'), (E'\u200f5512345678', 'right-to-left mark'), (E'\ufeff5512345678', 'byte order mark'), (E'55\u200b1234\u200b5678', 'zero width space'),
  (E'551234\u00ad5678', 'soft hyphen'), (E'55\u201112345678', 'no-break hyphen'), (E'55\u20131234\u20135678', 'en dash'), (E'55\u20141234\u20145678', 'em dash'),
  (E'55\u22121234\u22125678', 'minus'), (E'55\uff0d1234\uff0d5678', 'full-width hyphen'), ('５５１２３４５６７８', 'full-width digits'), ('＋５２ （５５） １２３４-５６７８', 'full-width signs'),
  ('''5512345678', 'Excel''s text mark'), ('’5512345678', 'its typographic twin'), ('´5512345678', 'the key beside it'), ('''5512345678''', 'quoted'), ('"5512345678"', 'quoted'),
  ('="5512345678"', 'a formula that is text'), ('=5512345678', 'a formula'), (E'\u00a0''+52 55 1234 5678 ', 'a space before the text mark'),
  ('5512345678.0', 'a float'), ('5512345678.00', 'a float'), ('5512345678.', 'a full stop'), ('5512345678,0', 'a European float'), ('525512345678.0', 'a float with country'),
  ('+525512345678.0', 'a float with plus'), ('5215512345678.0', 'a float with the old 1'), ('''5512345678.0', 'a float as text'), (E'5512345678.0\r', 'a float at a line''s end'),
  ('5,512,345,678', 'thousands'), ('5,512,345,678.00', 'thousands and cents'), ('525,512,345,678', 'thousands with country'), ('5.512.345.678', 'European thousands'), ('5.512.345.678,00', 'European thousands and cents'),
  ('5 512 345 678', 'spaced thousands'), ('5.512345678E9', 'scientific, every digit'), ('5.512345678E+09', 'scientific, every digit'), ('5.25512345678e11', 'scientific with country'),
  ('55.1234.5678', 'points between groups'), ('55.12.34.56.78', 'points between pairs'), ('+52.55.1234.5678', 'points behind the country'), ('005255.1234.5678', 'points behind country and area'), ('04455.1234.5678', 'points behind prefix and area'), ('(55) 1234.5678', 'a point behind the area'),
  ('55/12345678', 'a slash behind the area'), ('55/1234/5678', 'slashes'), ('55/1234-5678', 'slash and dash')) t(raw, kind);

select is(pg_temp.read(raw), expected, format('«%s»: %s', raw, expected)) from (values
  ('5255123456', '+525255123456'), ('5215512345', '+525215512345'), ('55.1234.0000', '+525512340000'), ('5.512.345.000', '+525512345000'), ('551.234.5670', '+525512345670'),
  ('222/1234567', '+522221234567'), ('(222) 3 12 34 56', '+522223123456'), ('9991234567.0', '+529991234567')) t(raw, expected);

select is(pg_temp.read(raw), 'invalid_number', format('«%s» is no Mexican number: %s', raw, kind)) from (values
  -- Digits that a sign must not complete.
  ('551234567.0', 'nine digits and a float'), ('55123456.00', 'eight digits and a float'), ('551234567,0', 'nine digits and a European float'), ('55 1234567.0', 'nine spaced digits and a float'),
  ('55 123456.78', 'spaced thousands with decimals'), ('551.234.567.0', 'points and a float'), ('55.123456.78', 'points at no group'), ('55.12345678', 'a decimal'), ('551234.5678', 'a decimal'), ('5512345678.5', 'a fraction'),
  ('551,234,567.0', 'nine digits, thousands and a float'), ('55,123,456.78', 'eight digits, thousands and cents'), ('551,234,567', 'nine digits, thousands'), ('55,12345678', 'a European decimal'),
  ('55,1234,5678', 'commas that are no thousands'), ('5.51235E+09', 'scientific, rounded'), ('5.512345678E10', 'scientific, another number'), ('5.51234567E9', 'scientific, perhaps rounded'),
  ('52155123456780', 'a digit too many: 52155...0'), ('5215512345670.5', 'a fraction'), ('525512345678.00.0', 'two tails'), ('55123456/78', 'two lines of an old number'), ('5512-3456/57', 'two lines of an old number'),
  ('12345/67890', 'two entries'), ('55123456 (78)', 'an extension'), ('55123456 (78) -', 'an extension'), ('5512345 (678)', 'an extension'), ('(55) 1234 (5678)', 'two parts'), ('5512345678 (12)', 'an extension'),
  -- More or less than one number.
  ('5512345678 / 5587654321', 'two numbers'), ('5512345678;5512345679', 'two numbers'), ('5512345678, 5587654321', 'two numbers'), ('5512345678 5587654321', 'two numbers'), ('5512345678 y 5587654321', 'two numbers'),
  (E'5512345678\n5587654321', 'two numbers'), (E'55123\n45678', 'two lines'), (E'55123\u202845678', 'two lines'), ('5512345678-79', 'a row of lines'), ('5512345678 ext 5', 'an extension'), ('5512345678 ext. 12', 'an extension'),
  ('5512345678#12', 'an extension'), ('Cel 5512345678', 'letters'), ('55x12345678', 'letters'), ('55 CALL 1234', 'letters'), ('tel:+525512345678', 'letters'), ('5512345678 (mamá)', 'letters'), ('O445512345678', 'a letter O'),
  ('12345', 'too short'), ('551234567', 'too short'), ('55123456789', 'too long'), ('12345678901234567890', 'too long'), ('0512345678', 'begins with 0'), ('1512345678', 'begins with 1'),
  ('1234567890', 'begins with 1'), ('+520512345678', 'begins with 0'), ('+52 55 1234', 'a Mexican number cut short'), ('1 5512345678', 'the old 1 without 52'), ('52+5512345678', 'a plus inside'), ('055 1234 5678', 'no such prefix'),
  ('n/a', 'no number'), ('no tiene', 'no number'), ('-', 'no number'), ('.', 'no number'), ('0', 'no number'), ('ana@example.org', 'no number'), (E'٥٥١٢٣٤٥٦٧٨', 'digits of another script'), ('5512345678²', 'a footnote'),
  -- Nothing that could be dialled abroad.
  ('0000000000', 'zeros'), ('000-000-0000', 'zeros'), ('+0000000000', 'zeros'), ('00 52 55 1234', 'Mexican'), ('+1 555 0100', 'too short for +1'), ('0012345678', 'too short for +1'), ('12135550100', 'no plus'),
  ('+34 600 000 000 / +34 611 111 111', 'two foreign numbers'), ('+34 600 000 000 ext 5', 'letters')) t(raw, kind);

select is(pg_temp.read(raw), 'foreign_number', format('«%s» is a number abroad', raw)) from (values
  ('+34 600 000 000'), ('0034600000000'), ('+1 213 555 0100'), ('00 1 (213) 555-0100'), (E'\u202a+502 5123 4567\u202c'), ('''+57.300.123.4567'), ('+5512345678'), ('+44 7400 123456'), ('="+5491123456789"'), ('＋34600000000')) t(raw);

select is(pg_temp.read(raw), 'missing_number', format('%L is a cell without a number', raw)) from (values
  (null), (''), (' '), (E' \t\r\n'), (E'\u00a0'), (E'\u200b\ufeff'), (E'\u3000'), (E'\u2800'), (E'\u00ad'), (E'\u202a\u202c'), (E'\U000e0041\U000e007f'), (''''), ('=""'), ('""')) t(raw);

select * from finish();
rollback;
