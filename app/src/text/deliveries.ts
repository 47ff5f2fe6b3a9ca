import { count, plural } from "./format";

/** What the view «Envíos» says. */
export const deliveries = {
  title: "Envíos",
  none: "Aún no hay envíos.",
  /** «342 enviados · 298 leídos · hace 2 días · 92 %» */
  line: (sent: number, read: number, ago: string, done: string) =>
    [plural(sent, "enviado", "enviados"), plural(read, "leído", "leídos"), ago, done].join(" · "),
  progress: (done: number, target: number) => `${count(done)} de ${count(target)}`,
  progressName: "Avance del envío",
  unknownTemplate: "Plantilla borrada",
  detail: {
    started: (at: string) => `Creado el ${at}.`,
    completed: (at: string) => `Terminó el ${at}.`,
    until: (at: string) => `Hasta el ${at}.`,
    canary: {
      running: "Primero sale una muestra; el resto espera sus confirmaciones de entrega.",
      passed: "La muestra salió bien; sigue el resto.",
      failed: "La muestra salió mal: revisa los motivos antes de reanudar.",
    },
    counts: {
      pending: "En espera",
      sent: "Enviados",
      delivered: "Entregados",
      read: "Leídos",
      failed: "Fallidos",
      skipped: "No se enviaron",
      unknown: "Sin respuesta",
      held: "Retenidos por WhatsApp",
    },
    skippedBecause: "Por qué no se enviaron:",
  },
  actions: {
    pause: "Pausar",
    resume: "Reanudar",
    cancel: "Cancelar envío",
    approve: "Aprobar",
    move: "Seguir con el número nuevo",
  },
  confirmCancel: {
    title: "¿Cancelar el envío?",
    body: (pending: number) =>
      `${
        plural(pending, "mensaje que espera ya no saldrá", "mensajes que esperan ya no saldrán")
      }. No se puede deshacer. Lo enviado no se retira.`,
    yes: "Sí, cancelar",
    no: "No, seguir enviando",
  },
  confirmApprove: {
    title: "¿Aprobar el envío?",
    body: "El texto dice algo que necesita una segunda mirada. Si lo apruebas, empieza a salir.",
    reason: "Motivo (queda en la bitácora)",
    yes: "Aprobar",
  },
  recipients: {
    title: "Destinatarios",
    filter: "Estado",
    all: "Todos",
    none: "Nadie en este estado.",
    noNumber: "Sin número",
    delivered: "Entregado",
    read: "Leído",
    failedBecause: (why: string) => `Fallido: ${why}`,
    skippedBecause: (why: string) => `No se envió: ${why}`,
    mayNot: "Tu rol no permite ver a los destinatarios.",
  },
  unknown: {
    title: "Mensajes sin respuesta",
    body: (n: number) =>
      `De ${
        plural(n, "mensaje", "mensajes")
      } no se sabe si WhatsApp los tomó. Nada los repite solo: alguien decide.`,
    evidence: (claimed: number, withReceipt: number) =>
      `De ${plural(claimed, "mensaje", "mensajes")} que salieron en ese minuto, ${
        count(withReceipt)
      } tienen confirmación de WhatsApp.`,
    hint:
      "Si casi todos los que salieron en ese minuto tienen confirmación y este no, lo probable es que no haya salido.",
    assumeSent: "Darlos por enviados",
    resend: "Enviarlos de nuevo",
    mayNot: "Deciden quienes administran la campaña.",
    confirmResend: {
      title: "¿Enviarlos de nuevo?",
      body: "Si alguno sí había salido, esa persona lo recibirá dos veces.",
      yes: "Sí, enviar de nuevo",
    },
    done: (resolved: number, tooFresh: number) =>
      tooFresh === 0
        ? `Listo: ${plural(resolved, "mensaje", "mensajes")}.`
        : `Listo: ${plural(resolved, "mensaje", "mensajes")}. ${
          plural(tooFresh, "es muy reciente y espera", "son muy recientes y esperan")
        } su confirmación.`,
  },
};
