/** What the view «Plantillas» says. */
export const templates = {};
