import { count } from "./format";

/** What every part of the screen says. */
export const common = {
  title: "Mensajería",
  tabs: { send: "Enviar", deliveries: "Envíos", templates: "Plantillas" },
  loading: "Cargando…",
  retry: "Reintentar",
  cancel: "Cancelar",
  close: "Cerrar",
  back: "Volver",
  search: "Buscar",
  clear: "Quitar todo",
  done: "Listo",
  selected: (n: number) => (n === 1 ? "1 elegido" : `${count(n)} elegidos`),
  noMatches: "Nada coincide con la búsqueda.",
  crashed: "Algo falló en esta pantalla. Lo enviado sigue su curso.",
  offline: "Sin conexión. Nada se envía ni queda pendiente en este dispositivo.",
  signedOut: "Tu sesión terminó. Vuelve a iniciar sesión.",
  retryIn: (seconds: number) => `Se puede intentar de nuevo en ${count(seconds)} s.`,
};
