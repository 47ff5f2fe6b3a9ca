-- What a campaign may not write, and what a second person should read first. Counsel may change it
-- without a deploy: wa.content_amendments adds rows to those below, or takes one of them out.
--
-- A pattern is words in small letters, without accents if you like: (a|b) either, (a )? perhaps,
-- word* any ending, <votar> its forms, … up to six words (not inside brackets).
--   BLOCK, WARN  found. rule: its name in every answer; article: the law behind it
--   HARMLESS     struck out before anything is looked for, so without …
--   DENIAL       with @ where the phrase stands: lowers it by one class; rule: whose phrase, or any

create view wa.shipped_content_rules as
  select *
  from (values
    -- A benefit for the vote, whoever offers it.
    ('exchange', 'BLOCK', 'LGMDE art. 7 fr. VII; LGIPE art. 209.5',
      'a cambio (de|del) (tu |su |tus |sus |los |el |que )?(<votar>|emitir)'),
    ('exchange', 'BLOCK', null,
      '(te|le|les) (pago|pagamos|pagaremos|pagan|deposito|depositamos|depositaremos|regalo'
      '|regalamos|regalaremos|obsequiamos|transferimos|compramos|compro|doy|damos|daremos) … '
      '<votar>'),
    ('exchange', 'BLOCK', null,
      '(te|le|les|lo|la|los|las) (dan|entregamos|mandamos|ofrezco|ofrecemos'
      '|ponemos|apoyamos con|toca|tocan) … (por|x|si) (cada |tu |su |tus |sus |el |nos )?<votar>'),
    ('exchange', 'BLOCK', null,
      '(por|x) (cada |tu |su |tus |sus |el )?<votar> … (te|le|les) (llevas|lleva|toca|tocan|pago'
      '|pagamos|damos|doy|daremos|regalamos|entregamos|depositamos|corresponde)'),
    ('exchange', 'BLOCK', null,
      '(por|x) (cada |tu |su |tus |sus |el )?(voto|votos|votar) … (despensa*|tinaco*|lamina*|vale'
      '|vales|recarga*|monedero*|tarjeta*|cemento|pesos|dinero|efectivo|celular*)'),
    ('exchange', 'BLOCK', null,
      '(dinero|efectivo|recompensa|pesos|despensa*|tinaco*|lamina*|vale|vales|recarga*|monedero*'
      '|tarjeta*|celular*|premio*|regalo*) … (por|x) (emitir )?(tu |su |cada )?(voto|votos|votar)'),
    ('exchange', 'BLOCK', null,
      '(hay|habra|dinero|efectivo|pesos|vale|vales|despensa*|regalo*|recompensa|premio*|gratis) … '
      '(para|por|a) (quien|quienes|los que|todo el que|todos los que|el que) (<votar>)'),
    ('exchange', 'BLOCK', null,
      '(vota|vote|voten|votas|votando) y (gana|gane|ganen|ganate|ganas|participa en)'),
    ('exchange', 'BLOCK', null,
      '(vota|vote|voten|votas|votando|votar) … y (recibe|reciba|reciban|recibes|llevate|llevese'
      '|cobra|te llevas|te ganas|ganate|ganese|obten)'),
    ('exchange', 'BLOCK', null,
      '<votar> … y (te|le|les) (condonamos|condono|condonan|condonaremos|perdonamos|perdonan)'),
    ('exchange', 'BLOCK', null,
      '(vota|vote|voten|votas|votar) … (te|les|le) (pago|pagamos|doy|damos|daremos|regalamos'
      '|depositamos|entregamos|toca)'),
    ('exchange', 'BLOCK', null,
      'si (vota|votas|votan|votes)( por (el|ella|nosotros|mi))? … (regalamos|regalo|pagamos|pago'
      '|depositamos|damos|daremos)'),
    ('exchange', 'BLOCK', null,
      '(compro|compramos|vendeme|vendenos|vendame|vendanos|pago|pagamos) (tu |su |tus |sus |el '
      '|los )?(voto|votos)'),
    ('exchange', 'BLOCK', null,
      '(voto|votos) (te |se )?(lo|los) (pago|pagamos|compro|compramos|paga)'),
    ('exchange', 'BLOCK', null,
      '(apoyo|apoyas|apoyes) en (las urnas|la casilla|la eleccion) … (regalo|regalamos|regalaremos'
      '|pago|pagamos|damos|doy|depositamos)'),
    -- Goods that are being handed out.
    ('handout', 'BLOCK', 'LGIPE art. 209.5',
      '(recoge|recoja|recojan|recoger|recojas|reclama|retira) (tu|su|tus|sus|la|las|el|los|un|una) '
      '(despensa*|tarjeta|tarjetas|tinaco*|apoyo|apoyos|vale|vales|lamina*|monedero*|regalo*'
      '|cemento|recarga*|pollo*)'),
    ('handout', 'BLOCK', null,
      '(ven|vengan|venga|pasa|pase|pasen|acude|acuda) por (tu|su|tus|sus|la|las|el|los|una|un) '
      '(despensa*|tarjeta|tarjetas|tinaco*|apoyo|apoyos|vale|vales|lamina*|monedero*|regalo*)'),
    ('handout', 'BLOCK', null,
      '(despensa*|tarjeta|tarjetas|tinaco*|vale|vales|lamina*|monedero*|regalo*) … (recogerla'
      '|recogerlas|recogerlo|recogerlos|te espera|te esperan)'),
    -- Something is lost for not voting or not coming.
    ('threat', 'BLOCK', 'LGMDE arts. 7 fr. VII y 7 Bis',
      'si no (nos )?(vota|votas|votan|votes|voten|va|vas|van|vienes|vienen|asiste|asistes|asisten'
      '|apoya|apoyas|apoyan|participa|participas|participan|lleva|llevas|llevan|acreditas'
      '|compruebas|sales|salen) … (perdera*|perderas|pierde*|pierdes|quita*|quitamos|quitan|damos '
      'de baja|dan de baja|daremos de baja|corre|corren|corremos|consecuencia*|descuent*'
      '|descontamos|sacamos|cancel*|suspend*|despid*|despedimos|reprob*)'),
    ('threat', 'BLOCK', null,
      '(vota|vote|voten|votas|votan|apoya|apoyanos|apoyas|asiste|asistes|ven) … o (te|le|les|los'
      '|las) (quita*|damos de baja|dan de baja|corre|corremos|corren|saca|sacamos|sacan|cancel*'
      '|descuent*|despid*)'),
    ('threat', 'BLOCK', null,
      '(vota|vote|voten|votas|votan|apoya|apoyanos|apoyas|asiste|asistes) … o (perdera*|pierde*)'),
    ('threat', 'BLOCK', null,
      '(el que|la que|los que|quien|quienes|todo el que) no (<votar>|asist*|apoy*|vaya|vayan|venga'
      '|vengan) … '
      '(pierde*|perdera*|queda* fuera|queda* sin|no (recibe|recibira|reciben|recibiran)'
      '|corre|corren|corremos|descuent*|consecuencia*)'),
    ('threat', 'BLOCK', null,
      '(te|le|les|os) (vamos a quitar|van a quitar|vamos a dar de baja|van a dar de baja) … si '
      '(gana|ganan|pierde|perdemos|no ganamos)'),
    ('threat', 'BLOCK', null,
      '(perdera*|pierde*|te quitamos|te quitan|te damos de baja) … si no (nos )?(<votar>|apoy*'
      '|asist*|vas|van|vienes)'),
    -- Somebody will know how you voted; prove it.
    ('secrecy', 'BLOCK', 'LGMDE art. 7 frs. VII y XVI',
      '(sabremos|sabemos|vamos a saber|podemos saber|podremos saber|manera de saber|forma de saber'
      '|como saber|nos enteraremos|vamos a enterar|vamos a ver|veremos) (por|x) quien (<votar>'
      '|vas a votar)'),
    ('proof', 'BLOCK', 'LGMDE art. 7 fr. VIII',
      '(foto|fotos|fotografia|fotografias|captura|capturas|selfie|video|imagen|evidencia) (de|del'
      '|a|con|al) (tu |su |tus |sus |la |las |el |una )?(boleta*|voto|votos|papeleta*)'),
    ('proof', 'BLOCK', null, '(comprueba|acredita|demuestra|prueba) que (ya )?<votar>'),
    -- Voting cards are collected.
    ('credential', 'BLOCK', 'LGMDE art. 7 fr. V',
      '(foto|fotos|copia|copias|fotocopia|captura|escaneo) (de|a|por los dos lados de) (tu|su|la '
      'credencial|tus|sus) (ine|credencial*)'),
    ('credential', 'BLOCK', null,
      '(entrega|entregue|entreguen|entreganos|entregame|entreguenos|presta|prestanos|prestame'
      '|dejanos|dejame|danos|dame|mandanos|mandame|enviame|envianos|pasame|pasanos) (tu|su|la|tus'
      '|sus) (ine|credencial*|clave de elector)'),
    ('credential', 'BLOCK', null,
      '(compro|compramos|recogemos|juntamos|recolectamos|recojo|guardamos) (tu |su |tus |sus |la '
      '|las )?(ine|ines|credencial*)'),
    -- Voters are driven to the polls.
    ('transport', 'BLOCK', 'LGMDE art. 7 fr. X',
      '(te|le|les|los|las|lo|la) (llevo|llevamos|llevaremos|llevan|trasladamos|acercamos'
      '|recogemos) … (votar|casilla|casillas|urna|urnas)'),
    ('transport', 'BLOCK', null,
      '(paso|pasamos|pasaremos|pasan|vamos) por (ti|usted|ustedes|tu familia)( y (por )?(tu|su) '
      '(familia|gente|casa))? … (votar|casilla'
      '|casillas|urnas)'),
    ('transport', 'BLOCK', null, 'llevart* … (votar|casilla|casillas)'),
    ('transport', 'BLOCK', null,
      '(transporte|transporta*|camion|camiones|combi|combis|taxi|taxis|camioneta*|aventon|autobus*'
      '|uber) … (a|para|hasta|hacia) (ir a |que vayas a |que vayan a |ir )?(votar|la casilla|tu '
      'casilla|las casillas|las urnas)'),

    -- Money beside a vote: whose, only a reader can tell.
    ('money', 'WARN', 'LGMDE art. 7 fr. VII; LGIPE art. 209.5',
      '(voto|votos) … (pesos|varos|efectivo)'),
    ('money', 'WARN', null, '(pesos|varos|efectivo) … (vota|vote|voten|votas|voto|votos)'),

    ('goods', 'WARN', 'LGIPE art. 209.5',
      '(despensa|despensas|tinaco|tinacos|lamina|laminas|cemento|monedero|monederos|regalo|regalos'
      '|obsequio|obsequios|electrodomestico|electrodomesticos|cobija|cobijas)'),
    ('goods', 'WARN', null,
      '(un|el|los|tu|su|tus|sus|unos|con|canjea|reparto de|entrega de) (vale|vales)'),
    ('goods', 'WARN', null, '(vale|vales) (de|por) … (pesos|despensa*|gas|comida)'),
    ('card', 'WARN', 'LGIPE art. 209.5', '(tarjeta|tarjetas)'),
    ('programme', 'WARN', 'LGMDE arts. 7 fr. VII y 7 Bis; LGIPE art. 209.5',
      '(beca|becas|pension|pensiones|programa social|programas sociales)'),
    ('programme', 'WARN', null,
      '(apoyo|apoyos) (economico*|bimestral*|mensual*|social|sociales|del gobierno|de gobierno'
      '|del programa|del bienestar|alimentario*|en efectivo|en especie)'),
    ('programme', 'WARN', null,
      '(programa|programas|secretaria|delegacion|modulo|modulos|banco|servidor|servidores|tarjeta'
      '|servidora|servidoras) (de |del |para el |de la )?bienestar'),
    ('raffle', 'WARN', 'LGIPE art. 209.5',
      '(rifa|rifas|rifamos|rifaremos|sorteo|sorteos|sorteamos|tombola|loteria)'),
    ('poll', 'WARN', 'LGIPE arts. 213 y 251.6; LGMDE art. 7 fr. XV',
      '(encuesta|encuestas|sondeo|sondeos|puntos arriba|puntos de ventaja|puntos adelante|conteo '
      'rapido|intencion de voto|preferencias electorales)'),
    ('religion', 'WARN', 'LGPP art. 25.1.p; LGIPE art. 394.1.h',
      '(dios|diosito|jesucristo|cristo|virgencita|la virgen|virgen (de|del|morena|santisima)'
      '|san judas|santo nino|divino nino|espiritu santo|santisim*|bendicion|bendiciones|bendiga'
      '|milagro|parroquia|parroco|sacerdote|obispo|iglesia|iglesias|catolico|catolica|catolicos'
      '|catolicas|evangelico|evangelicos|biblia|evangelio|oremos|recemos|rezamos|encomend*)'),
    ('crime', 'WARN', 'LGIPE arts. 247.2 y 471.2',
      '(ratero|rateros|ratera|rateras|rata|ratas|corrupto|corruptos|corrupta|corruptas|narco|narcos'
      '|narcot*|narcoc*|narcop*|narcog*|narcoe*|asesino|asesinos|asesina|asesinas|delincuente'
      '|delincuentes|criminal|criminales|ladron|ladrones|ladrona|secuestrador*|robaron|saquearon'
      '|saqueador*|violador|violadores|mafioso|mafiosos|lavado de dinero)'),
    ('insult', 'WARN', 'LGIPE art. 442 Bis',
      '(titere|marioneta|puta|putas|prostituta|zorra|perra|lagartona|marimacha|histerica|mantenida'
      '|gata|vieja (ridicula|loca|chismosa|fea|gorda)|(pinche|esa|pobre) vieja'
      '|a la cocina|a lavar (trastes|platos)|mandad* por su marido|mujercita)'),
    ('suppress', 'WARN', 'LGMDE arts. 7 fr. XVI y 9 fr. V',
      'no (vayas|vaya|vayan|salgas|salga|salgan|acudas) a (votar|las urnas|la casilla|tu casilla)'),
    ('suppress', 'WARN', null,
      '(cancel*|cerr*|suspend*|se cambio|cambio|cambiaron|movieron|reubic*) … (casilla|casillas'
      '|eleccion|elecciones|votacion)'),
    ('suppress', 'WARN', null,
      '(casilla|casillas|eleccion|elecciones|votacion) (no fue abierta|no abre|no abrio|no abrira'
      '|no se instal*|se cancel*|se suspend*|fue cancel*|fue suspend*|cambio de|esta cerrada)'),
    ('suppress', 'WARN', null,
      '(la eleccion|las elecciones) (es|son|sera|seran) (el )?(lunes|martes'
      '|miercoles|jueves|viernes|sabado)'),
    ('suppress', 'WARN', null, '(quedate|quedense) en (tu )?casa'),

    ('harmless', 'HARMLESS', null,
      '(doy|damos) (las |mil |muchas |la |toda la |los |dos |tres |cuatro |cinco |seis |siete '
      '|diez |varias |algunas |mas )?(gracias|bienvenida|informacion|ubicacion|direccion|datos'
      '|razones|motivos|opciones)'),
    ('harmless', 'HARMLESS', null, '(doy|damos) (mi|nuestra) palabra'),
    ('harmless', 'HARMLESS', null, '(doy|damos) a conocer'),
    ('harmless', 'HARMLESS', null, 'regalo (una|esta) (idea|reflexion|frase)'),
    ('harmless', 'HARMLESS', null,
      'y recibe (nuestras propuestas|las propuestas|nuestra informacion|informacion|noticias'
      '|nuestras noticias)'),
    ('harmless', 'HARMLESS', null, 'pierde (mexico|el pais|tu pais|la democracia)'),
    ('harmless', 'HARMLESS', null, 'voto de confianza'),
    ('harmless', 'HARMLESS', null, 'tarjetas? (de presentacion|amarilla|roja)'),
    -- Who says "if they offer you" speaks of others.
    ('harmless', 'HARMLESS', null,
      'si (alguien |un partido )?(te|le|les) (ofrece|ofrecen|ofrecieron|ofrecieran|dan) (dinero'
      '|despensas?|regalos?|algo|efectivo)'),

    ('any', 'DENIAL', null,
      '(denuncia|denuncie|denuncien|denunciar|denuncialo|delito|ilegal|prohibido|prohibida|mentira'
      '|falso|rechaza|rechacemos|nadie|ningun|ninguno|ninguna|combatir|combatamos|evita) … @'),
    ('any', 'DENIAL', null,
      'no (le |te |les |se |lo )?(permitas|permitan|aceptes|acepten|dejes|vendas|vendan|cambies'
      '|entregues|des|den|prestes|mandes|envies|tomes|tome|creas|compartas|recibas|es cierto que'
      '|es verdad que|pueden|puede|condicion*) … @'),
    ('any', 'DENIAL', null,
      '(te|le|les) (dice|dicen|dijo|dijeron|pide|pidan|piden|pidieron|ofrece|ofrecen|ofrecieron'
      '|amenaza|amenazan|exige|exigen|quieren hacer creer) … @'),
    ('any', 'DENIAL', null,
      '@ … (denuncia|denuncialo|denunciala|denuncialos|denuncie|delito|ilegal|no es cierto|mentira'
      '|falso|fisel|fepade|no caigas|no te dejes)'),
    ('programme', 'DENIAL', null,
      '(cuando (gobierne|gobernemos|sea|seamos|gane|ganemos|llegue|lleguemos)|si (gano|ganamos)'
      '|propongo|proponemos|propone|propuesta|propuestas|compromiso|en (mi|nuestro) gobierno'
      '|voy a|vamos a|ampliar|ampliaremos|crear|crearemos|duplicar|habra|impulsar*) … @'),
    ('programme', 'DENIAL', null,
      '@ … (nadie|es tu derecho|es un derecho|son un derecho|son derechos|constitucion|se quedan'
      '|seguiran|gane quien gane)'),
    ('goods', 'DENIAL', null, 'no (es|son) (un |unos )?@'),
    ('religion', 'DENIAL', null,
      '(hola|colonia|col|calle|avenida|av|barrio|fraccionamiento|esquina|parque|escuela|hospital) '
      '@')
  ) shipped (rule, class, article, pattern);
comment on view wa.shipped_content_rules is
  'The lexicon as it is delivered, after the reading of the law in docs/decisions/0021.';

-- Brackets that match, no … inside them or in what is struck out unseen, and @ in a denial alone.
create function wa.is_content_pattern(p_pattern text, p_class text)
returns boolean
language sql immutable
set search_path = ''
as $$
  select p_class = 'OFF'
    or p_pattern ~ '^([a-zñáéíóúü ()|?*@…]|<votar>)+$'
      and p_pattern ~ '^[^ …*?|)].*[^ …(|]$'
      and (p_pattern ~ '@') = (p_class = 'DENIAL')
      and not (p_class = 'HARMLESS' and p_pattern ~ '…')
      and p_pattern !~ '\([^)]*…|…[^ ]|[^ ]…|  |\|\)|\(\||\|\||\(\)'
      and regexp_replace(p_pattern, '\(([^()]|\([^()]*\))*\)', '', 'g') !~ '[()|]';
$$;

create table wa.content_amendments (
  rule text not null check (rule ~ '^[a-z_]+$'),
  class text not null check (class in ('BLOCK', 'WARN', 'HARMLESS', 'DENIAL', 'OFF')),
  article text,
  pattern text not null check (wa.is_content_pattern(pattern, class)),
  note text not null,
  added_at timestamptz not null default now(),
  primary key (rule, pattern)
);
comment on table wa.content_amendments is
  'What counsel adds to the lexicon, or takes out of it: it holds from the next judgement on.';
comment on column wa.content_amendments.class is
  'OFF takes the delivered row of this rule with exactly this pattern out.';
comment on column wa.content_amendments.note is 'Why, and on whose word.';
revoke all on wa.content_amendments from public, anon, authenticated, service_role;

create view wa.content_rules as
  select a.rule, a.class, a.article, a.pattern
  from wa.content_amendments a
  where a.class <> 'OFF'
  union
  select s.rule, s.class, s.article, s.pattern
  from wa.shipped_content_rules s
  where not exists (
    select
    from wa.content_amendments a
    where a.rule = s.rule and a.pattern = s.pattern);
comment on view wa.content_rules is 'The lexicon as it holds now.';
revoke all on wa.shipped_content_rules, wa.content_rules
  from public, anon, authenticated, service_role;

create table wa.content_lexicons (
  version text primary key,
  rules jsonb not null,
  first_used_at timestamptz not null default now()
);
comment on table wa.content_lexicons is
  'Every lexicon that has judged a job, so that what was found, and what was not, can be shown '
  'again.';
revoke all on wa.content_lexicons from public, anon, authenticated, service_role;

-- The version of the lexicon that holds now, kept with all its rows. For whoever writes down what a
-- judgement found.
create function wa.keep_content_lexicon()
returns text
language plpgsql
set search_path = ''
as $$
declare
  lexicon jsonb := wa.content_lexicon();
  hash text := encode(sha256(convert_to(lexicon::text, 'UTF8')), 'hex');
begin
  if not exists (select from wa.content_lexicons l where l.version = hash) then
    insert into wa.content_lexicons (version, rules)
    values (hash, lexicon)
    on conflict do nothing;
  end if;
  return hash;
end $$;
comment on function wa.keep_content_lexicon() is
  'SHA-256 of the lexicon, whose rows it keeps in wa.content_lexicons.';

create function wa.content_lexicon()
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_agg(
    to_jsonb(r) order by r.class collate "C", r.rule collate "C", r.pattern collate "C")
  from wa.content_rules r;
$$;
