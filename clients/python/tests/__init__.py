"""The suite: `npm run test:python` runs it on both stores, `python3 -m unittest` on SQLite."""
