-- The zones of Mexico: each state's own, and the municipalities that keep another one's.

create function wa.zones_of_states()
returns table (zone text, states text[])
language sql immutable
set search_path = ''
as $$
  values
    ('America/Cancun', '{Quintana Roo}'::text[]),
    ('America/Merida', '{Campeche,Yucatán}'),
    ('America/Mexico_City', '{Aguascalientes,Chiapas,Ciudad de México,Colima,Estado de México,'
      'Guanajuato,Guerrero,Hidalgo,Jalisco,Michoacán,Morelos,Oaxaca,Puebla,Querétaro,'
      'San Luis Potosí,Tabasco,Tlaxcala,Veracruz,Zacatecas}'),
    ('America/Monterrey', '{Coahuila,Durango,Nuevo León,Tamaulipas}'),
    ('America/Chihuahua', '{Chihuahua}'),
    ('America/Mazatlan', '{Baja California Sur,Nayarit,Sinaloa}'),
    ('America/Hermosillo', '{Sonora}'),
    ('America/Tijuana', '{Baja California}');
$$;

create function wa.zones_of_municipalities()
returns table (state text, zone text, municipalities text[])
language sql immutable
set search_path = ''
as $$
  values
    ('Chihuahua', 'America/Ciudad_Juarez',
      '{Ascensión,Guadalupe,Janos,Juárez,Praxedis G. Guerrero}'::text[]),
    ('Chihuahua', 'America/Ojinaga', '{Coyame del Sotol,Manuel Benavides,Ojinaga}'),
    ('Coahuila', 'America/Matamoros', '{Acuña,Allende,Guerrero,Hidalgo,Jiménez,Morelos,Nava,'
      'Ocampo,Piedras Negras,Villa Unión,Zaragoza}'),
    ('Nayarit', 'America/Bahia_Banderas', '{Bahía de Banderas}'),
    ('Nuevo León', 'America/Matamoros', '{Anáhuac}'),
    ('Tamaulipas', 'America/Matamoros', '{Camargo,Guerrero,Gustavo Díaz Ordaz,Matamoros,Mier,'
      'Miguel Alemán,Nuevo Laredo,Reynosa,Río Bravo,Valle Hermoso}');
$$;

-- As wa.plain leaves them. «México» alone is not among them: it may be the state or the country.
create function wa.other_names()
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'cdmx', 'ciudad de mexico',
    'mexico df', 'ciudad de mexico',
    'distrito federal', 'ciudad de mexico',
    'df', 'ciudad de mexico',
    'edomex', 'estado de mexico',
    'edo mex', 'estado de mexico',
    'edo de mexico', 'estado de mexico',
    'estado libre y soberano de mexico', 'estado de mexico',
    'coahuila de zaragoza', 'coahuila',
    'michoacan de ocampo', 'michoacan',
    'queretaro de arteaga', 'queretaro',
    'veracruz de ignacio de la llave', 'veracruz',
    'veracruz llave', 'veracruz',
    'ciudad acuna', 'acuna',
    'ciudad juarez', 'juarez',
    'coyame', 'coyame del sotol',
    'diaz ordaz', 'gustavo diaz ordaz');
$$;
