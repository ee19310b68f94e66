/** What a picture can be asked for. */

import { type Static, t } from 'elysia';
import { closedObject } from '#origin/http/schemas.ts';

/** A closed list: whoever could name any width could fill every cache with them. */
const WIDTHS = ['160', '320', '480', '640', '960', '1280', '1920'] as const;
const FORMATS = ['avif', 'webp', 'original'] as const;

export type PictureFormat = (typeof FORMATS)[number];

const Width = t.Union(
  WIDTHS.map((width) => t.Literal(width)),
  {
    error: `must be one of ${WIDTHS.join(', ')}`,
    description:
      'Width in pixels. A narrower picture is not enlarged; without it the picture comes as it is.',
  },
);
const Format = t.Union(
  FORMATS.map((format) => t.Literal(format)),
  {
    error: `must be ${FORMATS.slice(0, -1).join(', ')} or ${FORMATS.at(-1)}`,
    description: 'Goes with a width. If it is not given, the best that `Accept` names: AVIF, then WebP.',
  },
);

export const PictureName = closedObject({
  name: t.String({
    ...{ pattern: '^[\\w.-]{1,260}$', error: 'must be the name of a picture' },
    examples: ['enamel-camping-mug.svg'],
  }),
});
export const PictureQuery = closedObject({ w: t.Optional(Width), format: t.Optional(Format) });
export type PictureQuery = Static<typeof PictureQuery>;
