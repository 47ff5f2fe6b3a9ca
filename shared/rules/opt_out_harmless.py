"""What looks like a refusal and is none; the notation is that of shared/rules/word_patterns.py.

The names in capitals are the lists of shared/rules/opt_out_words.py. Each of these is struck out of
a message, in this order, before refusals are looked for in what is left.
"""

from shared.rules.word_patterns import patterns_in

# "no", "nunca quise que me", "no vayan a": the pattern that follows is what is denied.
_DENIED = "NOT LINK*6"
# Now is not the time, later may be; "ya no" in front, or "más" behind, means ever.
_BUSY = """estoy/ando/voy ( manejando/trabajando/ocupado/ocupada/dormido/dormida/comiendo | en ~1
    junta/clase/clases/trabajo/hospital/misa/carretera/consulta )"""

HARMLESS = patterns_in(f"""
# The stop is denied: "no dejen de escribirme", "no me den de baja", "no me molestan".
{_DENIED} QUIT de
{_DENIED} SUSPEND
{_DENIED} REMOVE-ORDER
nadie ME? REMOVE-ORDER
{_DENIED} REMOVE-INF/REMOVE-INF-ME
{_DENIED} GIVE-ME/den/dar/des/de/doy/daria/demos de baja
{_DENIED} PUT ~1 KEYWORD
NOT ME? quiero/queremos/quise/pido ( la | mi )? baja
{_DENIED} REMOVE-WERE
{_DENIED} ME? dieran/diera de baja
( do not | never | cant | wont | not ) stop/quit ~1
( do not | never | not | didnt | did not ) ~2 unsubscribe
no/ni crean/piensen que ~4 de baja
NOT LINK*4 salgo/salir/salirme de/del
NOT ME salgo
no es que no ~8 ME SEND-ORDER
no/ni crea/crean/creas/piense/pienses/piensen/vayan/digo/es ~2 que no ME? ~1
    interesa/interesan/quiero/SEND-ORDER
^ KEYWORD no , ~2 ( si quiero | alta )
no ~2 molesta/molestan/incomoda/importa/estorba/problema/quita ~4 SEND-ORDER/MESSAGE
NOT ME? molestan/molesta/incomodan/enfadan/cansan/hartan

# Our own footer, a joke, a slip, talk about the word: "si pongo BAJA...", "BAJA por error".
casi ~2 PUT KEYWORD
si ME? doy/dan/damos de baja
PUT (?! mi ) ~1 KEYWORD ,? para/si (?! siguen ) ~8 $
para/si ~8 ,? PUT (?! mi ) ~1 KEYWORD
KEYWORD ~2 error/equivocacion/accidente/querer/broma
( hay que | es ) ~1 PUT ~1 KEYWORD

# A limit on hour, kind or channel: "no me escriban tan tarde", "no me llamen, escríbanme".
^ POLITE*4 ahorita/hoy/mañana no ME SEND-ORDER (?! ya/mas/nunca ) nada?
{_BUSY} ,? no ME SEND-ORDER (?! ya/mas/nunca )
( ^ | favor/porfa ) no ME SEND-ORDER ,? ~1 {_BUSY}
( ^ | favor/porfa ) no ME SEND-ORDER nada? ahorita/hoy/mañana (?! ,? ~2 ni/nunca )
{_DENIED} SEND-ORDER por ~1 MESSAGE/correo/facebook/messenger/telegram ,? ~3 whatsapp/aqui ~2
    si/mejor/bien
{_DENIED} SEND-ORDER ( lo/la/los/las de | mientras | cuando )
{_DENIED} SEND-ORDER ~4 tan tarde/temprano/noche
{_DENIED} SEND-ORDER ~4 ( de noche/madrugada | en la noche/madrugada/mañana/tarde | a/en ~1
    horas/hora | antes/despues de | los/en DAY | entre semana )
{_DENIED} SEND-ORDER TAIL*3 ( mismo/misma/mismos/mismas )? MEDIA
{_DENIED} SEND-ORDER TAIL*3 GOODS
{_DENIED} CALL-ORDER ~3 ,? ~4 ,? ~2 SEND-ORDER-ME
{_DENIED} CALL-ORDER ,? mejor/solo/nomas/unicamente/por ~2 MESSAGE/aqui
{_DENIED} SEND-ORDER ~6 ,? con uno/una
{_DENIED} SEND-ORDER ~6 , ( ~6 , )? lo/la/los/las/de/el/en/por/despues/mejor/solo ~5 si ~1 $
{_DENIED} SEND-ORDER ~6 , mejor a/en ~1 casa/oficina

# About somebody or something else: "no envíen a la misma muchacha", "mi mamá no quiere que le...".
dice/dijo/decia que los/las/la/lo ~1
dije/digo/decimos/pedi a ~5 que no ME? SEND-ORDER
{_DENIED} hablen/hable/hables de/mal
{_DENIED} SEND-ORDER ~2 al (?! NUMBER/whatsapp )
quiere que le ~1 SEND-ORDER
le/les ~1 siguen/sigue/llegan/mandan
dijeron/dijo/pidio ~4 que dejara/dejaran
me dieron mi/la baja
le dije/dijo/pedi que no ME SEND-ORDER
votar por
{_DENIED} SEND-ORDER a (?! TAIL/cada/todas/toda/todos/ustedes )
dicen/ponen/dice/piden/pide/pone que ~2 ( QUIT de | no )
{_DENIED} SEND-ORDER ( al | a/con/en OTHERS ) (?! OTHERS*2 NUMBER/MESSAGE )
QUIT de SEND-INF ( al | a OTHERS ) (?! OTHERS*2 NUMBER/MESSAGE )
donde ~1 sacan/quitan
porque ME GIVE de baja
""")
