/** What sanitising leaves of a description. */

import { expect, test } from 'bun:test';
import { sanitizeHtml } from '#db/import/html.ts';

test.each([
  ['<p>Plain <b>text</b></p>', '<p>Plain <b>text</b></p>'],
  ['<script>alert(1)</script>after', 'after'],
  ['<p style="color:red" onclick="x()">a</p>', '<p>a</p>'],
  ['<img src="x" onerror="alert(1)">', '<img src="x" />'],
  ['<a href="javascript:alert(1)">a</a>', '<a rel="nofollow noopener noreferrer">a</a>'],
  ['<a href="java\nscript:alert(1)">a</a>', '<a rel="nofollow noopener noreferrer">a</a>'],
  [
    '<a href="https://a.example/">a</a>',
    '<a href="https://a.example/" rel="nofollow noopener noreferrer">a</a>',
  ],
  ['<img src="data:image/svg+xml,<svg onload=alert(1)>">', '<img />'],
  ['<img src="//elsewhere.example/a.png">', '<img />'],
  ['<iframe src="https://a.example"></iframe><form><input></form>', ''],
  [
    '<svg><style>*{}</style><a xlink:href="javascript:1">x</a></svg>',
    '<a rel="nofollow noopener noreferrer">x</a>',
  ],
  ['<h1>Title</h1>', '<h2>Title</h2>'],
  ['5 < 6 & 7', '5 &lt; 6 &amp; 7'],
])('%s', (html, clean) => {
  expect(sanitizeHtml(html)).toBe(clean);
});

test('what is clean stays as it is, however often it is cleaned', () => {
  const once = sanitizeHtml('<ul><li>a &bull; b</li></ul><table><tr><td colspan=2>x</table>');
  expect(sanitizeHtml(once)).toBe(once);
});
