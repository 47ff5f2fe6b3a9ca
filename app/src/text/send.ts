/** What the view «Enviar» says. */
export const send = {};
