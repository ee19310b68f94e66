/** Where the program of the private read answers. */

export const PRIVATE_PATH = '/private';
/** Access tokens of as many users, as JSON. */
export const TOKENS_PATH = '/tokens';
