"""The words by which people refuse, and those around them; what they mean together is elsewhere.

To teach the bridge a word, add it to its list, spelt rightly: accents, doubled letters, b/v, c/s/z
and qu/k make no difference (spoken_words.sound). The patterns that use the lists are in
opt_out_demands.py, opt_out_statements.py and opt_out_harmless.py.
"""

from shared.rules.spoken_words import conjugated, sound

_LISTS = {
    # Order silence by themselves, wherever a clause is nothing else ("No. BAJA").
    "COMMAND": """
        baja bajas stop stopall unsubscribe optout desuscribir desuscribirme desuscribirse
        desuscribanme desuscribeme desuscripcion desinscribir desinscribirme desinscripcion
        cancelen
    """,
    # ... and these only as a whole message: a story or a slogan may end in one.
    "WHOLE": """
        bajar alto basta parar paren parenle parale pare cancel cancelar cancela cancele cancelado
        detener detengan detenganse detente detengase salir salirme eliminar elimina elimine
        eliminen eliminame remover remueva remuevan borrar borra borren quitar quiten quita
        suspender cesen cese silenciar suspendan suspenda terminar finalizar fin end quit exit
        remove delete bloquear block bloqueado bloqueada bloqueados bloqueadas bloqueo bloqueando
        denunciado dejenme dejeme dejame reporto reportado reportada reportados reportadas reportar
        spam equivocado equivocada equivocados anular anulen desactivar rechazar rechazo
        desvincular desafiliar callense callate abandonar suficiente cancelo cancelacion renuncio
        desisto revoke revocar
    """,
    # Decide nothing around a command.
    "FILLER": """
        a ahi ahora al amigo amiga amigos atentamente bien buen buena buenas bueno buenos contesto
        da dame darme de deme denme del dia dias disculpa disculpe disculpen donde el equipo
        escribo este esta estas estos esto favor gracias hola inmediata inmediatamente inmediato
        joven jovenes la las licenciada licenciado lista listas los mando me mejor mensaje mensajes
        mi mis mucha muchas muy mil necesito no noche noches numero ocupo oiga oigan oye ok okay
        okey pero perdon pido pongo porfa por promociones promotions propaganda publicidad pues
        quiero quisiera respondo responder respuesta saludos señor señora señorita servicio si
        sistema solicito solicitar solo su sus suerte tambien tarde tardes todo todos total tu una
        un urge urgente urgentemente vecina vecino y ya definitiva definitivamente definitivo
        telefono celular whatsapp desde mas nunca entonces deseo all now it envios suscripcion eso
        esos nada nomas mensajeria campaña cordial cordialmente envio fas
        compadre comadre compa jefe jefa carnal profe maestro maestra ingeniero
    """,
    # May surround ALTA, and nothing else may. No "señora": one who is tall is "alta" as well.
    "COURTESY": """
        hola ola buen buenos buenas muy dia dias tarde tardes noche noches por favor porfa
        gracias muchas mil saludos disculpe disculpen disculpa perdon oiga oigan señor
        licenciado amigo amigos equipo estimado estimados cordial bonito excelente
    """,
    # Is not heard at all.
    "NOISE": """
        pinche pinches maldito maldita malditos malditas mendigo mendiga mendigos mendigas puto
        puta putos putas cochino cochina cochinos cochinas chingado chingada simplemente realmente
        sinceramente tantito tantita
    """,
    # How a demand begins: "no", what may stand behind it, and whom it is about.
    "NOT": "no ni nunca jamas tampoco",
    "ME": "me nos",
    "LINK": """
        me nos se les le lo te quiero quisiera queremos quieren quiere quieran deseo deseamos que
        vayan vaya van voy vamos a ocurra ocurre vuelva vuelvan vuelvas volver sigan siga sigas
        esten este estes anden ande andes deben debe deberian debes necesito hace falta es
        necesario hay necesidad de tienen tiene caso sentido chiste gustaria pienso autorizo permito
        acepto gusta interesa parece quise queria queriamos pedi pedimos vengan venga estar seguir
        andar pretendo pidan pida mi nuestra haya hayan he ha pedido intente
    """,
    # "no me vuelvan a", "no me estén", "absténganse de seguirme".
    "AGAIN": """
        vuelva vuelvan vuelvas volver siga sigan sigas seguir esten este estes estar anden ande
        andes andar continue continuen vengan
    """,
    "AGAIN-ME": "seguirme seguirnos volverme volvernos estarme estarnos andarme andarnos",
    # "dejen de": in front of a verb. "cancelen": in front of what is to end.
    "QUIT": """
        deje dejen deja dejes dejar dejara dejaran dejenme dejeme dejo parenle parale parele
        pararle paren pare parar para cese cesen cesar termine terminen terminar evite eviten
        evitar desista desistan abstengan abstenganse abstengase abstente abstenerse
    """,
    "SUSPEND": """
        cancelen cancele cancela cancelar cancelarme cancelenme cancelo detengan detenga deten
        detener suspendan suspenda suspende suspender paren pare parar parenle parale cesen cese
        cesar anulen anule anular desactiven desactivar terminen terminar bajenle bajale eviten
        evite evitar frenen frenar interrumpan interrumpir corten cortar cortenle ahorrenme
        evitenme ahorrense ahorrese ahorrate guardense guardese metanse metase metanselos
    """,
    "ENOUGH": "stop alto basta chole suficiente suficientes",
    # What we send; and by what other names it goes where a verb says that it is sent.
    "MESSAGE": """
        mensaje mensajes propaganda propagandas publicidad promocion promociones informacion spam
        informe informes aviso avisos notificacion notificaciones texto textos envio envios
        invitacion invitaciones comunicado comunicados comunicacion comunicaciones cadenas boletin
        boletines recado recados correo correos mail mails llamadas llamada whatsapp whatsapps
        encuestas campañas suscripcion suscripciones promotions messages message texts mensajeria
        difusion
    """,
    "STUFF": """
        cosas basura mamadas tonterias babosadas chingaderas pendejadas mugrero mugres cochinadas
        porquerias payasadas politica politicas servicio nada esto eso
    """,
    # What they want off our lists, and what they call these.
    "NUMBER": """
        numero numeros telefono telefonos celular celulares contacto contactos dato datos whatsapp
        linea movil
    """,
    "LIST": """
        lista listas listado base bases registro registros directorio agenda contactos sistema
        difusion envios grupo chat mensajes suscripcion suscriptores destinatarios archivo archivos
        servicio campaña publicidad propaganda
    """,
    "HERE": "aqui ahi esto eso todo",
    # Announce that something else is meant: "bórrenme la multa", "escriban en las bardas".
    "DET": """
        el la los las lo un una unos unas mi mis tu tus su sus nuestra nuestro al ese esa esos esas
        tantita tantito
    """,
    "OTHERS": "el la los las un una unos otro otra otros otras mismo misma ese esa esos esas",
    # May stand between "no manden" and what is not to be sent, and what may follow then.
    "TAIL": """
        mas tanto tantos tantas tanta sus su los las el la de ese esa esos esas estas estos esta
        este otro otra otros ningun ninguna ningunos cualquier tipo clase por favor porfa a mi ya
        tus tu un solo via al en del puros puras puro pura mugre mugres vez
    """,
    "END": """
        y ni que porque pero o gracias pues si nada nadie soy estoy entiendan yo nunca jamas aqui
    """,
    # What supporters ask us not to send, or not at that time, and want to hear from us still.
    "GOODS": """
        promesas promesa mentiras delegado despensa despensas dinero playera playeras gente camion
        regalos apoyo apoyos gorra gorras lona lonas beca becas pension promotor promotora
        promotores recibo multa niño niña policia policias patrulla patrullas soldados
    """,
    "MEDIA": """
        audio audios video videos foto fotos imagen imagenes memes meme stickers sticker links link
        ligas liga pdf voz encuesta gif gifs
    """,
    "DAY": "lunes martes miercoles jueves viernes sabado sabados domingo domingos semana",
    # Around a demand: courtesy, and who is to do it.
    "POLITE": """
        por favor porfa gracias ya pues bueno hola este ahora inmediatamente urgente todos ahi aqui
        urge si o jaja señores señorita joven jovenes amigo mejor definitivamente
    """,
    "ABLE": """
        pueden puede puedes podrian podria podrias pudieran pudiera podran van favor gustan quieren
        hacen
    """,
    # "denme de baja", "me dan de baja".
    "GIVE": "den de dese dar dan da das des doy daria darian dieran diera dimos demos darse",
    "GIVE-ME": "denme denmen demen dame deme darme dennos danos darnos dandome darmen denos",
    # "no usen mi número", "no me incluyan", "no deseo ser contactado".
    "USE": """
        usen use utilicen utilice guarden guarde compartan comparta vendan manejen den difundan
    """,
    "INVOLVE": """
        incluyan incluya incluyeran agregaran agreguen agregue pongan ponga metan meta tomen tome
        consideren considere tengan tenga apunten anoten anexen inviten invite registren sumen
        cuenten
    """,
    "CONTACTED": "contactado contactada contactados molestado molestada incluido incluida llamado",
    # "responde BAJA", "ya les puse BAJA", "solicito la baja".
    "PUT": """
        pongo ponemos poner ponga pon ponen puse pusiera pusieran responda responde respondan
        responder respondo conteste contesta contesten contestar escribe escriba escriban escribir
        envia envie envien enviar manda mande manden mandar pedi pedir solicite solicitar mando
        respondiendo contestando escribiendo digita teclea teclee puedes escribo pida pide
    """,
    "PUT-BEFORE": """
        puse pusimos conteste contestamos respondi respondimos escribi escribimos mande mandamos
        envie enviamos dije dijimos pedi pedimos solicite solicitamos puesto pedido dicho mandado
        contestado respondido solicitado escrito enviado pongo
    """,
    "ASK": """
        quiero quisiera queremos solicito solicitar solicitamos pido pedir pedimos exijo exigimos
        tramitar tramiten deseo ocupo necesito procedan proceda proceder requiero aplicar aplicame
        apliquen gestionar hagan realizar realicen denme deme dame espero urge
    """,
    "WITHDRAWAL": """
        baja cancelacion eliminacion supresion remocion exclusion desuscripcion desvinculacion
        borrado desincorporacion
    """,
    # Threats and verdicts: "me siguen mandando", "los denuncio", "harta de sus mensajes".
    "SIGUEN": "siguen sigue continuan insisten andan anda",
    "DENOUNCE": """
        denuncie denuncien denunciar denunciarlos denuncio denunciare reportar reportarlos reporto
        reportare demandar demandarlos demando demandare exhibir exhibirlos exhibo bloquear
        bloquearlos bloqueo denunciamos quemar quemarlos quejarme profeco inai acusar acusarlos
        denuncia queja demanda procedo reporte
    """,
    "FED-UP": """
        harto harta hartos hartas canse harte aburri cansado cansada cansados cansadas fastidiado
        fastidiada enfadado enfadada gorro copete madre coronilla chole hartaron cansaron
        aburrieron fastidiaron enfadaron hartan hartazgo fastidian molestan incomodan enfadan
        cansan aburren lata fastidio choca chocan caen aburrida aburrido desesperan tronco asco
        saturado saturada saturan
    """,
    "MANY": "demasiado demasiados demasiada demasiadas tanto tantos tanta tantas muchisimos",
    # "nunca di permiso", "no me interesa la política", "no me apunté", "yo no pedí esto".
    "CONSENT": "consentimiento permiso autorizacion numero telefono celular datos consenti",
    "PARTY": """
        politica politicos partido partidos candidato candidata candidatura campaña propaganda
        publicidad informacion mensajes lista grillas grilla nadie ninguno ningun ninguna
        elecciones
    """,
    "JOIN": """
        apunte registre registrado suscribi suscrito inscribi inscrito anote anotado apuntado
        suscribimos agregue uni metí metan agreguen incluyan apunten tengan meti autorice
    """,
    "WRONG": "equivocado equivocados equivocada equivocadas erroneo incorrecto mal",
    "ASKED": "pedi pedimos solicite solicitamos autorice acepte contrate pedido solicitado quise",
    "KEYWORD": "baja stop alto cancelar salir",
}

# Verbs by what is done with us. Each becomes the lists "SEND-ORDER", "SEND-INF" and so on, see
# spoken_words.conjugated. Behind a colon: the stem that changes ("remueva").
_VERBS = {
    "SEND": """
        mandar enviar escribir contactar llamar marcar hablar buscar textear mensajear remitir
        whatsappear compartir notificar saturar llenar bombardear mensajiar guasapear hostigar
        acosar spamear insistir molestar fastidiar atosigar enfadar hartar incomodar perturbar
        importunar despertar:despiert estresar
    """,
    "CALL": "llamar marcar hablar",
    "BOTHER": """
        molestar fastidiar atosigar hostigar acosar insistir enfadar hartar spamear incomodar
        perturbar importunar jorobar
    """,
    "RUDE": "chingar fregar:frieg joder jorobar mamar moler:muel",
    "REMOVE": """
        borrar eliminar quitar sacar remover:remuev retirar desuscribir desinscribir excluir:excluy
        suprimir descartar tachar depurar desvincular bloquear dessuscribir cancelar olvidar
        desapuntar desagregar omitir desactivar desafiliar
    """,
}


def _conjugated_lists() -> dict[str, set[str]]:
    lists: dict[str, set[str]] = {}
    for name, verbs in _VERBS.items():
        for verb in verbs.split():
            for part, forms in conjugated(verb).items():
                lists.setdefault(f"{name}-{part}", set()).update(forms)
    return lists


LISTS: dict[str, set[str]] = {
    name: set(sound(words).split()) for name, words in _LISTS.items()
} | _conjugated_lists()
