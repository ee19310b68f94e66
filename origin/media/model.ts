/** What a picture can be asked for, and what comes of one that is sent. */

import { Type } from '@sinclair/typebox';
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

export const UploadedPicture = t.Object(
  {
    url: t.String({
      description: 'For `images` of `changeProduct`; takes `w` and `format` as `getPicture` does.',
    }),
    contentType: t.String({ description: 'As its bytes say, whatever the request said.' }),
    bytes: Type.Integer({ description: 'As it is kept.' }),
  },
  {
    examples: [
      {
        url: '/media/p.9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.jpg',
        contentType: 'image/jpeg',
        bytes: 183_204,
      },
    ],
  },
);
export type UploadedPicture = Static<typeof UploadedPicture>;
