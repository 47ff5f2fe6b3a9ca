"""What a demand for silence looks like; the notation is that of shared/rules/word_patterns.py.

The names in capitals are the lists of shared/rules/opt_out_words.py. What only looks like a demand
has been struck out before, see shared/rules/opt_out_harmless.py.
"""

from shared.rules.word_patterns import patterns_in

# How a demand to send nothing ends: nothing more is said, or messages are named.
_NO_MESSAGES = "TAIL*6 ( $ | MESSAGE | STUFF | NUMBER | END | sus ~1 $ )"
_OUR_NUMBER = """( mi/mis ~1 informacion/nombre | todo lo mio | todo ~1 registro
    | mi/mis/este/nuestro/nuestros/ese/estos ~1 NUMBER
    | el/los NUMBER ( $ | POLITE | de/del ~3 LIST ) )"""
_OUR_LIST = "( HERE | ~4 LIST/MESSAGE/NUMBER/ustedes )"
# Behind "bórrenme": the end, or our list; "bórrenme la multa" and "sáquenme de dudas" are neither.
_OFF = f"( (?! en/de/del/DET/duda ) | de/del {_OUR_LIST} )"

DEMANDS = patterns_in(f"""
# Do not write: "ya no me manden", "no quiero que me escriban", "no vuelvan a buscarme".
NOT LINK*6 ME LINK*4 SEND-ORDER/BOTHER-ORDER/RUDE-ORDER
NOT LINK*6 ME LINK*3 AGAIN a? SEND-INF/SEND-ING/RUDE-ING
NOT LINK*6 AGAIN a? SEND-INF-ME/SEND-ING-ME/RUDE-ING
NOT LINK*6 AGAIN a? SEND-INF/SEND-ING {_NO_MESSAGES}
NOT mas? SEND-INF-ME
NOT mas ME SEND-ORDER
NOT mas? SEND-INF {_NO_MESSAGES}
NOT LINK*6 SEND-ORDER {_NO_MESSAGES}
NOT LINK*6 ME SEND-WERE
ya no RUDE-ORDER
NOT RUDE-ORDER con
NOT ME sigan/siga/vuelvan/vuelva $
no pierdan/pierda/gasten/gaste ~2 tiempo/saliva/dinero/saldo
NOT LINK*6 ME LINK*4 lleguen/llegue/llegaran/llegando TAIL*3 ( MESSAGE | STUFF | mas | $ )
( NOT LINK*3 | QUIT de ) ser/sea/siendo CONTACTED
( QUIT de | NOT LINK*4 ) AGAIN-ME a? SEND-ING/SEND-INF/RUDE-ING/RUDE-INF
NOT ME? gustan ~1 MESSAGE
molesta/fastidia/incomoda/desagrada/choca/enoja/encabrona que ME? ~1 SEND-ORDER
( no gasten | no malgasten | no desperdicien | no gaste ) ~3 ( MESSAGE | conmigo | en mi )
RUDE-ORDER/BOTHER-ORDER a otro/otra lado/parte/perro/gente
vayan/vayase/vayanse a BOTHER-INF/RUDE-INF
^ POLITE*2 ( no | ya no ) TAIL*2 MESSAGE POLITE*2 $
^ TAIL*2 MESSAGE ya? no ( $ | POLITE | los quiero | ME )
MESSAGE ~4 ,? ~3 no los/las quiero
ahorrense/ahorrese/evitense/evitese la molestia
( NOT LINK*3 | QUIT de estar? ) den/dar/dando/de la? lata/guerra/molestias/carrilla

# Stop writing: "dejen de molestar", "paren los mensajes", "déjenme en paz".
QUIT ya? de/con estar/andar/seguir? (
    SEND-ORDER/SEND-NOW/RUDE-ORDER/RUDE-NOW y SEND-ORDER/SEND-NOW/RUDE-ORDER/RUDE-NOW |
    SEND-INF-ME/SEND-ING-ME/RUDE-INF/RUDE-ING/RUDE-INF-ME/RUDE-ING-ME | SEND-INF/SEND-ING
    {_NO_MESSAGES} | BOTHER-INF/BOTHER-ING )
eviten/evite/evitar ( SEND-INF-ME | SEND-INF {_NO_MESSAGES} )
ME dejan de estar? SEND-INF/SEND-ING/RUDE-INF
no dejan de ( SEND-INF-ME/RUDE-INF-ME/BOTHER-INF $ | SEND-INF-ME/RUDE-INF-ME | SEND-INF TAIL*2
    MESSAGE )
QUIT de recibir {_NO_MESSAGES}
SUSPEND/ENOUGH ~1 con? TAIL*3 ( desmadre/relajo/monton/bola/chorro/mar/lluvia de TAIL? )? MESSAGE
ME dejan/deja/dejen/dejar ~1 ( en paz | tranquilo/tranquila )
( no USE | no tienen por que ~1 ) ~1 mi/mis/este ~1 NUMBER
mandan/llegan/envian ~1 MESSAGE ~1 ( todo el dia | cada rato | diario | diarios )
( todo el dia | cada rato | diario ) ~1 mandan/llegan/envian ~1 MESSAGE
que ~1 con sus MESSAGE
dejenme/dejeme/dejame/dejennos/dejenos ya? ( en paz | tranquilo/tranquila/tranquilos |
    vivir/descansar/dormir )
dejen/deje mi/este ~1 NUMBER
larguense/larguese/largate/saquense/saquese/sacate/salganse/salgase/salte/fuera/vayanse/vayase
    ~5 de mi/este ~1 NUMBER
respeten ~2 privacidad/tranquilidad
MESSAGE ya? parenle/paren
dejense de ~1 MESSAGE
^ ya? parenle/parale/paren POLITE*4 $$
^^ POLITE*4 ,? ( nunca mas | ya estuvo bueno? | ya fue suficiente | ya dejen/deje/dejenme ) ,?
    POLITE*4 $$
^^ POLITE*4 ,? ( ya no mas? | no mas ) ,? POLITE*4 $$

# Do not want: "no deseo recibir nada", "ya no quiero propaganda", "ni un mensaje más".
NOT LINK*4 recibir/recibiendo {_NO_MESSAGES}
NOT quiero/queremos/deseo ( ver | leer | estar suscrito/suscrita ) TAIL*2 ( MESSAGE | $ )
me niego ( $ | ~1 recibir )
negativa ~1 recibir
NOT quiero/queremos/deseo/deseamos/necesito/quisiera/quise/requiero/ocupo/acepto ( ya | mas | sus
    | su | de | ningun | ninguna | tipo | esa | esta | este | estos | esos )*4 MESSAGE
NOT ~1 quiero/queremos/deseo/deseamos ya? ( saber | nada | tener nada ) nada? ( ( mas | ya )? de
    ustedes/PARTY/nadie/su/sus/ese | mas | $ | con | que ver | gracias | porfa )
NOT ~1 quiero/queremos/deseo/deseamos ( estar | ser parte de | formar parte de | seguir | aparecer
    | pertenecer | figurar | permanecer | continuar ) ( en | a )? TAIL*2 LIST/HERE/MESSAGE
NOT ~1 quiero/queremos/deseo tener/ningun ~1 contacto
NOT ~1 quiero/queremos/deseo que usen/utilicen/tengan mi/mis
ya no quiero/deseo/queremos $
( no mas | ya no | ni un/una/uno | cero | nada de | fuera ) TAIL*2 MESSAGE
prefiero/preferiria no SEND-INF-ME/recibir

# Take me off: "bórrenme", "quiten mi número", "¿me sacan de la lista?", "¿cómo me salgo?".
no incluirme/agregarme/meterme/considerarme/tomarme/anotarme ( $ | a sus/su | y | mas | en ~3
    LIST/STUFF/MESSAGE/cuenta )
REMOVE-ORDER-ME/REMOVE-INF-ME/bajenme/bajame/bajeme/bajennos/bajarme {_OFF}
ME ABLE? REMOVE-NOW/REMOVE-INF/REMOVE-ORDER ~3 de/del ( HERE | ~3 LIST )
( ^ | que/favor/y/mejor/si/no/o ) ME ABLE? REMOVE-NOW/REMOVE-INF/REMOVE-ORDER POLITE*5 ( $ |
    o/y/ya/no )
REMOVE-ORDER/REMOVE-NOW/REMOVE-INF/REMOVE-WERE ~2 {_OUR_NUMBER}
REMOVE-ORDER/REMOVE-INF/REMOVE-NOW (?! DET/a ) ~4 de/del DET? ~1 LIST (?! a (?! mi ) )
que ME REMOVE-WERE
no ME han REMOVE-DONE {_OFF}
no ME ( han dado | han | dado ) de baja
olvidense/olvidese/olvidate de ( mi $ | mi/este NUMBER | nosotros )
pierdan/pierda/olviden/olvide mi/este NUMBER
NOT LINK*6 ME LINK*4 INVOLVE ( $ | a sus/su | y | mas | para nada | en ~3
    LIST/HERE/STUFF/MESSAGE/cuenta | a ~2 LIST )
NOT LINK*4 comuniquen/comunique conmigo
si no ME REMOVE-NOW (?! DET/de )
^^ POLITE*4 REMOVE-IT POLITE*4 $$
REMOVE-INF/REMOVE-ORDER mi registro $
NUMBER ~6 ,? ~3 REMOVE-IT
( NUMBER ~5 ,? | ^ ) no lo USE
este NUMBER es ~1 ( solo para | personal/privado/particular ( $ | y ) )
( me ~2 salgo/salir/salirme | salirme | salir | salgo ) de/del ( ~2 LIST | esto )
( puedo | se puede ) salirme/cancelar $
como/quiero/quisiera/deseo/donde me? salgo/salir/salirme/cancelo/cancelar/desuscribo ( $ | de HERE
    )
me ( quiero salir | salgo ) $
como/quiero/quisiera/hago ~4 ( salirme $ | salir/salirme de HERE )
como ~3 evito ~2 que ~1 ME
como ~1 me REMOVE-I ( $ | de )
como se REMOVE-NOW ~1 de/esto
salirse de ~2 LIST
como ME? cancelo/paro/quito/elimino/bloqueo/detengo/desactivo/apago ~3 MESSAGE/HERE
yo no ME ( he | habia )? JOIN $
no/nunca ME? ( he | habia )? JOIN ( a nada | en nada/ningun/ninguna | ningun | ninguna )
nunca/no ME? ( he | habia )? JOIN ~2 LIST/HERE/ningun/ninguna

# The word BAJA, said of oneself: "quiero darme de baja", "mi baja", "ya puse BAJA y nada".
GIVE-ME ~1 de baja {_OFF}
ME ~2 GIVE de baja {_OFF}
GIVE ~1 de baja ~3 {_OUR_NUMBER}
GIVE de baja ( $ | ~2 de ~3 LIST | ~2 MESSAGE )
mi baja ( $ | POLITE | y )
sea/sean REMOVE-DONE
ser REMOVE-DONE ( $ | de ~3 LIST )
ASK ~3 ( la | mi | una )? WITHDRAWAL ( $ | de/del ~3 LIST/MESSAGE/NUMBER | POLITE/y/por/ya )
^ POLITE*4 baja POLITE*3 y? que/les/le/mucha/muchas/con/un/muy*4
    dios/bendiciones/bendiga/saludos/suerte/exito/gracias/abrazo/vaya
( pero | asi que | entonces | por/de mi parte | por eso | por lo que | por lo tanto | por lo cual )
    POLITE*2 la? baja POLITE*2 $$
ME dice/dicen/dijo/dijeron que PUT ~1 KEYWORD $$
^ POLITE*4 baja POLITE*3 yo/no/nunca/me/nos/les/porque/estoy/soy/tengo/jamas/sus
^ ( mi | la )? baja ( de | del | a | para )? ( su | sus | la | este | esta | mi | esa | todos |
    los )*3 LIST/MESSAGE/NUMBER
( NOT ( voto | vivo | interesa | conozco | gracias | puedo | quiero nada ) ~1 | gracias | favor )
    baja $
PUT-BEFORE/PUT ~1 KEYWORD y ( no | me | hoy | otra | todavia | nada | nadie | ni | ~1 SIGUEN )
despues de PUT ~1 KEYWORD
ya/les/le ~2 PUT-BEFORE ~2 KEYWORD
vez que ~1 PUT ~1 KEYWORD
que ya ME habian ( dado de baja | REMOVE-DONE )
veces ~4 baja/stop
cuantos/cuantas baja/bajas/stop
van ~1 bajas

# In English, as at the border.
fuck off
^ go away $
said/already/porfa stop
unsubscribe
how ~3 stop ( $ | getting/receiving/this/these/MESSAGE )
get off ( my/this/your | the list )
not my number
^ no more $
( do not | never ) want ~2 ( messages | texts | mensaje | this | these | to be | spam )
( never | did not | didnt ) ( sign | signed | subscribe | subscribed | ask for | asked for )
stop/quit
    getting/receiving/texting/messaging/sending/contacting/calling/writing/bothering/spamming/harassing/it/all/this/now/promotions/messages/me/asking
remove/take/delete/unsubscribe/drop me/my/this/us ( $ | off | from | number | now | porfa | out )
leave me/us alone
( do not | never | stop ) ever? contact/text/message/call/write/send/bother/mensaje ( me | us |
    this | again | anymore | to | my | $ | anything | porfa )
no more MESSAGE/spam/texting/political
wrong number/person/phone/guy
opt me? out
not interested
lose my/this number
cancel my subscription
( you | i | to ) ~2 stop $
you text me
""")
