/** What the view «Envíos» says. */
export const deliveries = {};
