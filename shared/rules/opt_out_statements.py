"""What refuses our messages without demanding anything; the notation is word_patterns'.

The names in capitals are the lists of shared/rules/opt_out_words.py. Who says that the number is
wrong, that they never agreed or that they are fed up is not to be written to again.
"""

from shared.rules.word_patterns import patterns_in

STATEMENTS = patterns_in("""
# A wrong number: who answers never gave leave.
NUMBER ~1 WRONG (?! el/en/del/escrito/puesto )
persona/contacto/chat/gente equivocada/equivocado/erronea/incorrecta
( ^ | que ) esta/estan/estas/andan/anda WRONG ( $ | de )
se/te equivoco/equivocaron/equivocaste/equivocan/equivoca/confundieron/confundio ( $ | de ~1
    NUMBER/persona )
me ( estan | esta )? confunden/confundiendo/confundieron
no soy ( yo $ | a? quien )
^^ yo? no soy _ $$
no me llamo _ (?! ~2 ,? soy/es )
( esa persona | el | ella ) ~1 cambio de NUMBER
cambio de NUMBER esa/el/ella/ese
no es/era para mi $ (?! , es )
persona/dueño/titular ya? fallecio/murio
este es ~1 NUMBER de una/otra
no soy ya? esa/ese/la/el/quien/ninguna/ningun persona/que/señor/señora/buscan/busca/usted
este/ese NUMBER ya? no ( es | pertenece | corresponde | le pertenece )
no es el NUMBER ( de (?! DET ) | que )
este no es ~1 NUMBER
NUMBER ~4 dueño/dueña
no soy ~2 dueño/dueña
dueño/dueña ~3 NUMBER
error de NUMBER
equivocado/equivocada/equivocados de NUMBER/persona
ya no es de ~2 este NUMBER
soy otra persona
este NUMBER ~1 a otra
escribieron/marcaron/marco/escribio mal $
tiene/tienen mal ~1 NUMBER
ya no tiene/usa este NUMBER
NUMBER no es para
este NUMBER no lo uso
este NUMBER es ~3 trabajo/oficina/negocio/empresa
este ~1 NUMBER ya? es de otra/otro
( no es aqui $ | no vive aqui )
aqui no ( es ( $ | ~1 NUMBER | ~2 de ) | vive/hay ningun/ninguna/esa/ese/la/el/don/doña )
no ~1 conozco a esa/ese/ninguna/ningun

# Leave that was never given or is withdrawn, in words of the law or not.
me opongo ( $ | a que ME | ~3 uso/tratamiento/MESSAGE/NUMBER )
oposicion ~3 datos/MESSAGE/uso/tratamiento
NOT ME? les? he? consiento/autorizo/permito/autorice/permiti/autorizado ~4
    ( NUMBER | MESSAGE | que ME )
no ( tienen | hay | cuentan con ) ~2 permiso/autorizacion/consentimiento/derecho ~1 ( $ |
    SEND-INF-ME | usar/usarla/usarlo/usarlos/utilizar ~2 | ~2 NUMBER )
no estoy de acuerdo en/con que? ~3 ( NUMBER | MESSAGE | ME SEND-ORDER )
nadie ME pidio permiso
con que permiso/derecho ~3 SEND-NOW
quien ~2 autorizo/permitio ~3 SEND-INF-ME/NUMBER/MESSAGE
quien ~2 dio permiso ( $ | ~3 SEND-INF-ME/NUMBER/MESSAGE )
no ~2 haberme JOIN
no ~2 haberles/haber dado mi
retiro/revoco/cancelo/niego/revocado/retirado ~2 consentimiento/autorizacion/permiso
derecho/derechos ~2 arco/oposicion/cancelacion/supresion
no autorizo ( $ | a nadie | que ME | el? uso | ~3 NUMBER/MESSAGE | ningun )
NOT ( les | le | he | di | dimos | ME )*3
    pase/proporcione/comparti/di/doy/otorgue/otorgo/dado/dimos/otorgado/dio/pidieron ( mi | mis |
    el | ningun | ninguna )? CONSENT ( $ | a | para ( que ME | que ~1 USE | recibir |
    SEND-INF-ME | MESSAGE | esto ) | de )
cese/cesar/cesen/suspension ~3 MESSAGE/tratamiento/uso
NOT ~2 ASKED ~2 MESSAGE/recibir/esto
( nadie ~1 pidio | NOT les pedi ) ~3 SEND-WERE/MESSAGE
no consenti
no se lo/los di
nunca/jamas me suscribi/apunte/inscribi/anote $
no consiento/autorizo/permito $

# No interest, or too much.
NOT ME interesa/interesan ( $ | lo que SEND-NOW | gracias | nada | en absoluto/lo | para nada |
    TAIL*2 PARTY/MESSAGE
    | recibir | saber | ya | su/sus | y | porfa | baja )
sin/cero/ningun interes ( $ | en )
no tengo/tenemos ~1 interes ( $ | alguno | en ~2 PARTY/MESSAGE/ustedes )
no estoy/estamos interesado/interesada/interesados
mandan/son/llegan/envian/escriben ~2 ( muchos | muchisimos | monton de | puros | chorro de )
    MESSAGE
llenan/saturan/bombardean/llenaron/saturaron ~4 MESSAGE
no soporto/aguanto/tolero ~2 MESSAGE
monton/cantidad/bola de MESSAGE
^ mucho mensaje
ME saturan/llenan ~1 NUMBER
^ ya ME hartaron/cansaron/aburrieron/fastidiaron/enfadaron $
ME SEND-NOW ~3 ( cada rato | todo el dia )
MANY ( de | sus )? MESSAGE
muchos MESSAGE al/por/diario/cada
FED-UP ~1 ( con | de | ya | ME )? ~1 TAIL*2 MESSAGE
^ ya? ME tienen ( ~2 FED-UP ( $ | con | ya | y ) | hasta ~2 )

# They go on writing to somebody who refused, and are threatened, reported or blocked.
que/cual parte ~3 entienden
ya ( les | te | le )? ( dije | dijimos | repeti | conteste | he dicho ) que no ( $ | quiero )
si ~2 insisten/paran/siguen/dejan ~4 DENOUNCE
ME vuelven/vuelve a SEND-INF
SIGUEN con TAIL*2 MESSAGE
sigo/seguimos recibiendo TAIL*2 MESSAGE/esto
( SIGUEN | vuelven a | vuelve a ) ~1
    SEND-ING/SEND-ING-ME/SEND-INF-ME/RUDE-ING/llegando/llegandome/molestando
ultima vez que ME SEND-NOW/SEND-ORDER
^ puro? spam
mandando/su/puro spam
reportando ~1 spam
spam $
NUMBER/tengo/estan/queda/quedan bloqueado/bloqueados/reportado/reportados
sus MESSAGE ~2 DENOUNCE
ya? los/las/lo/la/te/esta/estan ( bloqueo | bloquee | bloqueare | bloqueado | bloqueados | voy a
    bloquear | reporte | bloqueamos | vamos a bloquear )
bloqueado/bloqueados/bloqueada y reportado/reportados/reportada
reportado/reportados/reporto/reportar ~2 spam
esto/eso es spam/acoso/hostigamiento
DENOUNCE ~5 ( sus MESSAGE | spam | acoso | hostigamiento | SEND-INF/SEND-ING/SEND-NOW TAIL*2
    MESSAGE )
DENOUNCE ~5 usar/usan/tener/tienen mi/mis ~1 NUMBER
otro/un MESSAGE mas? ~4 DENOUNCE
DENOUNCE ~1 whatsapp
reportar/bloquear/denunciar este NUMBER
los/las/te/lo voy a reportar/denunciar/demandar $
los/las/te/lo acabo de bloquear/reportar
vez/proxima/siguiente/otra/si/como/donde que/vuelvan/vuelven/vuelve/a/otra/vez/siguen/sigan*4 ME ~1
    SEND-ORDER/SEND-NOW/SEND-INF/SEND-ING ~5 ,? ~1 los/las/lo/la/les/te/voy ~2 DENOUNCE
siganle/siguele/sigan/sigue ~2 y ~1 los/las/lo/la/te ~1 DENOUNCE
vuelvan a SEND-INF-ME y ~3 DENOUNCE
vuelven a SEND-INF ~3 DENOUNCE
proteccion de datos

# Another channel or number instead of this one.
mejor SEND-ORDER-ME ~1 correo/mail
SEND-ORDER-ME/mejor ~2 por/al/a ( mi | otro )*2 ( correo | mail | facebook | telegram | otro
    NUMBER )
( por aqui | por whatsapp | a este NUMBER | por este medio ) ya? no ( $ | POLITE )
correo/mail/facebook/telegram ~4 ,? ~2 no whatsapp? $
( a mi | al | usen el/mi | mejor al ) otro NUMBER
no por? whatsapp $
""")
