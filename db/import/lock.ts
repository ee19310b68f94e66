/** Whoever writes the catalogue in bulk holds this advisory lock: the seed and the import never run at once. */
export const CATALOGUE_LOCK = 727_010;
