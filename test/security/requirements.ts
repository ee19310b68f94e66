/**
 * What the OWASP API Security Top 10 (2023) and ASVS 5.0.0 ask for, and what holds it. Complete: all ten, and all 253
 * requirements of levels 1 and 2; those of level 3 are left out. A requirement is held by tests, or by a text of the
 * source where it asks for documentation or a choice; or does not apply; or is open, with what it lacks. What a storefront,
 * the network in front of the edge and the operator have to do is not to be shown here, and said where it matters.
 */

import { V8, V9, V10 } from './requirements/access.ts';
import { V6, V7 } from './requirements/accounts.ts';
import { V1, V2 } from './requirements/input.ts';
import { V13, V15, V16 } from './requirements/operations.ts';
import { OWASP_API } from './requirements/owasp-api.ts';
import { V11, V12, V14 } from './requirements/protection.ts';
import type { Requirement } from './requirements/requirement.ts';
import { V3, V4, V5, V17 } from './requirements/web.ts';

export type { Requirement };

export interface Chapter {
  readonly title: string;
  readonly requirements: readonly Requirement[];
}

export const CHAPTERS: readonly Chapter[] = [
  { title: 'OWASP API Security Top 10 (2023)', requirements: OWASP_API },
  { title: 'ASVS 5.0.0, V1 Encoding and Sanitization', requirements: V1 },
  { title: 'ASVS 5.0.0, V2 Validation and Business Logic', requirements: V2 },
  { title: 'ASVS 5.0.0, V3 Web Frontend Security', requirements: V3 },
  { title: 'ASVS 5.0.0, V4 API and Web Service', requirements: V4 },
  { title: 'ASVS 5.0.0, V5 File Handling', requirements: V5 },
  { title: 'ASVS 5.0.0, V6 Authentication', requirements: V6 },
  { title: 'ASVS 5.0.0, V7 Session Management', requirements: V7 },
  { title: 'ASVS 5.0.0, V8 Authorization', requirements: V8 },
  { title: 'ASVS 5.0.0, V9 Self-contained Tokens', requirements: V9 },
  { title: 'ASVS 5.0.0, V10 OAuth and OIDC', requirements: V10 },
  { title: 'ASVS 5.0.0, V11 Cryptography', requirements: V11 },
  { title: 'ASVS 5.0.0, V12 Secure Communication', requirements: V12 },
  { title: 'ASVS 5.0.0, V13 Configuration', requirements: V13 },
  { title: 'ASVS 5.0.0, V14 Data Protection', requirements: V14 },
  { title: 'ASVS 5.0.0, V15 Secure Coding and Architecture', requirements: V15 },
  { title: 'ASVS 5.0.0, V16 Security Logging and Error Handling', requirements: V16 },
  { title: 'ASVS 5.0.0, V17 WebRTC', requirements: V17 },
];
