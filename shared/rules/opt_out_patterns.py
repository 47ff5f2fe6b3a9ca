"""What a refusal looks like, and what only looks like one; the notation is word_patterns'.

First everything HARMLESS is struck out of a message, then REFUSALS are looked for in the rest.
The lists (in capitals) are those of shared/rules/opt_out_words.py.
"""

_DENIED = "NOT LINK*6"
_KEYWORD = "baja/stop/alto/cancelar/salir"
# The end of a demand to send nothing: nothing more is said, or messages are named.
_NO_MESSAGES = "TAIL*6 ( $ | MESSAGE | NUMBER | END )"
_OUR_NUMBER = "( mi/mis/este/nuestro/nuestros/el/los/ese/estos ~1 NUMBER )"
_OUR_LIST = "( HERE | ~4 ( LIST | MESSAGE | NUMBER | ustedes ) )"
_OFF = f"( (?! en/de/del/DET/duda ) | de/del {_OUR_LIST} | en paz )"

HARMLESS = (
    # The stop is denied.
    f"{_DENIED} QUIT de",
    f"{_DENIED} SUSPEND",
    f"{_DENIED} REMOVE-ORDER",
    f"{_DENIED} REMOVE-INF/REMOVE-INF-ME",
    f"{_DENIED} ( GIVE-ME | den/dar/des/de ) de baja",
    f"{_DENIED} PUT ~1 {_KEYWORD}",
    "NOT ME? quiero/queremos/quise/pido ( la | mi )? baja",
    "no salir",
    "NOT ~1 ( salgo | salir | salirme ) de/del",
    "no es que no ~8 ME SEND-ORDER",
    "no ~2 ( molesta | molestan | incomoda | importa | estorba | problema | quita ) ~4 ( SEND-ORDER | MESSAGE )",
    "NOT ME? ( molestan | molesta | incomodan | enfadan | cansan | hartan )",
    # Our own footer, or talk about the word.
    f"PUT ~1 {_KEYWORD} ,? para/si ~8 $",
    f"( para | si ) ~8 ,? PUT ~1 {_KEYWORD}",
    f"{_KEYWORD} ~2 error/equivocacion/accidente/querer/broma",
    f"( hay que | es ) ~1 PUT ~1 {_KEYWORD}",
    "( dicen | ponen | dice | piden | pide | pone ) que ~2 ( QUIT de | no )",
    # A limit on hour, kind or channel, from somebody who still wants to hear from us.
    f"{_DENIED} SEND-ORDER ~4 tan tarde/temprano/noche",
    f"{_DENIED} SEND-ORDER ~4 ( de noche/madrugada | en la noche/madrugada/mañana/tarde | a/en ~1 horas/hora | antes/despues de | los/en DAY | entre semana )",
    f"{_DENIED} SEND-ORDER TAIL*3 MEDIA",
    f"{_DENIED} SEND-ORDER TAIL*3 GOODS",
    f"{_DENIED} CALL-ORDER ~3 ,? ~2 SEND-ORDER-ME",
    f"{_DENIED} CALL-ORDER ,? ( mejor | solo | nomas | unicamente ) ~2 MESSAGE/aqui",
    # Aimed at somebody or something else.
    f"{_DENIED} SEND-ORDER ( al | a/con/en OTHERS ) (?! OTHERS*2 ( NUMBER | MESSAGE ) )",
    "QUIT de SEND-INF ( al | a OTHERS ) (?! OTHERS*2 ( NUMBER | MESSAGE ) )",
    "donde ~2 REMOVE-NOW",
    "porque ME GIVE de baja",
)

REFUSALS = (
    # Do not write.
    f"NOT LINK*6 ME LINK*4 SEND-ORDER/BOTHER-ORDER/RUDE-ORDER",
    f"NOT LINK*6 ME LINK*3 AGAIN a? SEND-INF/SEND-ING/RUDE-ING",
    f"NOT LINK*6 SEND-ORDER-ME",
    f"NOT LINK*6 AGAIN a? SEND-INF-ME/SEND-ING-ME/RUDE-ING",
    f"NOT LINK*6 AGAIN a? SEND-INF/SEND-ING {_NO_MESSAGES}",
    f"NOT mas? SEND-INF-ME",
    f"NOT mas ME SEND-ORDER",
    f"NOT mas? SEND-INF {_NO_MESSAGES}",
    f"NOT LINK*6 SEND-ORDER {_NO_MESSAGES}",
    f"NOT LINK*6 ME SEND-WERE",
    f"ya no RUDE-ORDER",
    f"NOT RUDE-ORDER con",
    f"NOT ME sigan/siga/vuelvan/vuelva $",
    f"NOT LINK*4 AGAIN a BOTHER-INF",
    "no pierdan/pierda/gasten/gaste ~2 tiempo/saliva/dinero/saldo",
    "ya? parenle con",
    # Stop writing.
    f"QUIT de/con estar/andar/seguir? ( SEND-INF-ME/SEND-ING-ME/RUDE-INF/RUDE-ING/RUDE-INF-ME/RUDE-ING-ME | SEND-INF/SEND-ING {_NO_MESSAGES} | BOTHER-INF/BOTHER-ING )",
    f"eviten/evite/evitar ( SEND-INF-ME | SEND-INF {_NO_MESSAGES} )",
    f"ME dejan de SEND-INF/RUDE-INF",
    f"no dejan de SEND-INF-ME/RUDE-INF-ME",
    f"QUIT de recibir {_NO_MESSAGES}",
    "SUSPEND/ENOUGH ~1 ( con )? TAIL*3 MESSAGE",
    "dejenme/dejeme/dejame/dejennos/dejenos ( ya )? ( en paz | tranquilo/tranquila/tranquilos | vivir/descansar/dormir )",
    "dejen/deje vivir/dormir/descansar",
    # Do not want.
    f"NOT LINK*4 recibir {_NO_MESSAGES}",
    "NOT ( quiero | queremos | deseo | deseamos | necesito | quisiera | quise | requiero | ocupo | acepto ) ( ya | mas | sus | su | de | ningun | ninguna | tipo | esa | esta | este | estos | esos )*4 MESSAGE",
    "NOT ~1 ( quiero | queremos | deseo | deseamos ) ( ya )? ( saber | nada | tener nada ) nada? ( ( mas | ya )? de ( ustedes | PARTY | nadie | su | sus | ese ) | mas | $ | con | que ver | gracias | porfa )",
    "NOT ~1 ( quiero | queremos | deseo | deseamos ) ( estar | seguir | aparecer | pertenecer | figurar | permanecer | continuar ) ( en | a )? ( TAIL )*2 LIST/HERE/MESSAGE",
    "NOT ~1 ( quiero | queremos | deseo ) ( tener | ningun ) ~1 contacto",
    "NOT ~1 ( quiero | queremos | deseo ) ( que ) ( usen | utilicen | tengan ) mi/mis",
    "ya no quiero/deseo/queremos $",
    "( no mas | ni un/una/uno | nada de | ningun | fuera ) ( TAIL )*2 MESSAGE",
    "ni ( un | una ) ~1 MESSAGE mas",
    "prefiero/preferiria no SEND-INF-ME/recibir",
    # Take me off.
    f"REMOVE-ORDER-ME/REMOVE-INF-ME {_OFF}",
    f"ME ABLE? REMOVE-NOW/REMOVE-INF/REMOVE-ORDER ~3 de/del ~3 LIST",
    f"( ^ | que/favor/y/mejor/si/no ) ME ABLE? REMOVE-NOW/REMOVE-INF/REMOVE-ORDER POLITE*5 $",
    f"REMOVE-ORDER/REMOVE-NOW/REMOVE-INF ~2 {_OUR_NUMBER}",
    f"REMOVE-ORDER/REMOVE-INF/REMOVE-NOW (?! DET ) ~4 de/del DET? ~1 LIST",
    "NUMBER ,? ~3 REMOVE-IT",
    "REMOVE-IT de DET LIST",
    "( me ~2 ( salgo | salir | salirme ) | salirme | salir ) de/del ( ~2 LIST | esto )",
    "( como | quiero | quisiera | deseo ) ( me )? ( salgo | salir | salirme | cancelo | desuscribo ) ( $ | de HERE )",
    "me ( quiero salir | salgo ) $",
    "como ( ME )? ( cancelo | paro | quito | elimino | bloqueo | detengo | desactivo | apago ) ~3 MESSAGE/HERE",
    "NOT ME ( JOIN ) ~2 LIST/HERE/MESSAGE",
    "( nunca | no ) ME? ( he | habia )? JOIN ~2 ( LIST | HERE | ningun | ninguna | ningunlado )",
    # The word BAJA, said of oneself.
    f"GIVE-ME ~1 de baja {_OFF}",
    f"ME ~2 GIVE de baja {_OFF}",
    f"GIVE ~1 de baja ~3 {_OUR_NUMBER}",
    f"GIVE de baja ( $ | ~2 de ~3 LIST | ~2 MESSAGE )",
    f"ASK ~3 ( la | mi | una )? WITHDRAWAL ( $ | de/del ~3 ( LIST | MESSAGE | NUMBER ) | POLITE/y/por/ya )",
    "^ POLITE*4 baja POLITE*3 ( yo | no | nunca | me | nos | les | porque | estoy | soy | tengo | jamas | sus )",
    "^ ( mi | la )? baja ( de | del | a | para )? ( su | sus | la | este | esta | mi | esa | todos | los )*3 ( LIST | MESSAGE | NUMBER )",
    "( NOT ~2 | gracias | favor ) baja $",
    f"( ya | les | le | veces | vez ) ~2 PUT-BEFORE ~1 {_KEYWORD}",
    f"veces ~4 {_KEYWORD}",
    "( SIGUEN | vuelven a | vuelve a ) ~1 ( SEND-ING | SEND-ING-ME | SEND-INF-ME | RUDE-ING | llegando | llegandome | molestando )",
    # A wrong number.
    "NUMBER ~1 WRONG",
    "persona/contacto/chat/gente equivocada/equivocado/erronea/incorrecta",
    "( ^ | que ) ( esta | estan | estas | andan | anda ) ( WRONG ) ( $ | de )",
    "se/te equivoco/equivocaron/equivocaste/equivocan/equivoca/confundieron/confundio ( $ | de ~1 ( NUMBER | persona ) )",
    "me ( estan | esta )? confunden/confundiendo/confundieron",
    "no soy ( ya )? ( esa | ese | la | el | quien | ninguna | ningun ) ( persona | que | señor | señora | buscan | busca | usted )",
    "( este | ese ) NUMBER ( ya )? no ( es | pertenece | corresponde | le pertenece )",
    "este ~1 NUMBER ( ya )? es de otra/otro",
    "( no es | no vive | no esta ) aqui",
    "aqui no ( es | vive | hay ) ~2",
    "no ~1 conozco a esa/ese/ninguna/ningun",
    # Legal.
    "me opongo",
    "( retiro | revoco | cancelo ) ~2 consentimiento/autorizacion/permiso",
    "derecho/derechos ~2 ( arco | oposicion | cancelacion | supresion )",
    "no autorizo ( $ | a nadie | que ME | ( el )? uso | ~3 ( NUMBER | MESSAGE ) | ningun )",
    "NOT ( les | le | he | di | dimos | ME )*3 ( di | dado | dimos | otorgado | dio | pidieron ) ( mi | el | ningun | ninguna )? CONSENT ( $ | a | para ( que ME | SEND-INF-ME | MESSAGE | esto ) | de )",
    "( cese | cesar | cesen | suspension ) ~3 MESSAGE",
    # Not interested, too much, spam.
    "no ME interesa/interesan ( $ | gracias | nada | en absoluto | para nada | TAIL*2 ( PARTY | MESSAGE ) | recibir | saber | ya | su/sus | y | porfa | baja )",
    "no estoy/estamos interesado/interesada/interesados",
    "( MANY ) ( de | sus )? MESSAGE",
    "muchos MESSAGE ( al | por | diario | cada )",
    "FED-UP ~1 ( con | de | ya | ME )? ~1 TAIL*2 MESSAGE",
    "sus MESSAGE ~2 FED-UP",
    "( ya )? ( los | las | lo | la | te | esta | estan ) ( bloqueo | bloquee | bloqueare | bloqueado | bloqueados | voy a bloquear | reporte | bloqueamos | vamos a bloquear )",
    "bloqueado/bloqueados/bloqueada y reportado/reportados/reportada",
    "reportado/reportados/reporto/reportar ~2 spam",
    "( esto | eso ) es ( spam | acoso | hostigamiento )",
    "( DENOUNCE ) ~6 ( MESSAGE | acoso | hostigamiento | SEND-ORDER-ME )",
    "ASKED ~2 MESSAGE",
    # Another channel or number.
    "otro NUMBER ~3 ( este | este no )",
    "( SEND-ORDER-ME | mejor ) ~2 ( por | al | a ) ( mi | otro )*2 ( correo | mail | facebook | telegram | otro NUMBER )",
    # English.
    "( stop | quit ) ( texting | messaging | sending | contacting | calling | writing | bothering | spamming | it | all | this | now | promotions | messages | me | asking )",
    "( remove | take | delete | unsubscribe | drop ) ( me | my | this | us ) ( $ | off | from | number | now | porfa | out )",
    "leave ( me | us ) alone",
    "( do not | never | stop ) ( ever )? ( contact | text | message | call | write | send | bother | mensaje ) ( me | us | this | again | anymore | to | my | $ | anything | porfa )",
    "no more ( messages | texts | spam | texting | mensaje | political )",
    "wrong ( number | person | phone | guy )",
    "opt ( me )? out",
    "not interested",
    "lose my number",
    "^^ POLITE*4 ,? ( ya no mas? | no mas ) ,? POLITE*4 $$",
)
