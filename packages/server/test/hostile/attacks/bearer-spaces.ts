import type { Attack } from '../attack.js';

export const bearerSpaces: Attack = {
  name: 'bearer-spaces',
  about: 'Authorization: Bearer, 15,500 spaces and one odd byte.',
  async run(attacker) {
    // A no-break space is white space, but not of the kind that a header may end with.
    const headers = { Authorization: `Bearer ${' '.repeat(15_500)}\xa0` };
    const bytes = attacker.requestOf('GET', '/v1/queue/list', { key: null, headers });
    await attacker.loop(4, () => attacker.ask(bytes), 100);
  },
};
