/** The style of the reference page; its digest is in the Content-Security-Policy. */
export const STYLE = `
:root {
  --text: #1c2330; --muted: #5d6878; --page: #fff; --panel: #f5f7fa; --line: #dde3ea;
  --link: #0b5cad; --get: #0a6b4f; --post: #0b5cad; --patch: #8a5300; --delete: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #dfe5ee; --muted: #96a2b4; --page: #12161d; --panel: #1a2029; --line: #2c3542;
    --link: #7db7ff; --get: #5fd0a8; --post: #7db7ff; --patch: #e9b15d; --delete: #ff938a;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body {
  margin: 0 auto; max-width: 84rem; display: grid; grid-template-columns: 15rem minmax(0, 1fr);
  color: var(--text); background: var(--page);
  font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif;
}
nav {
  position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1rem;
  border-right: 1px solid var(--line); font-size: .9rem;
}
nav ul { list-style: none; margin: 0 0 1rem; padding: 0; }
nav li a { display: block; padding: .15rem .5rem; border-radius: 4px; color: inherit; }
nav li a:hover, nav li a:focus-visible { background: var(--panel); }
nav .ids { font-family: ui-monospace, 'DejaVu Sans Mono', monospace; font-size: .82rem; }
.brand { margin: 0 0 1rem; padding: 0 .5rem; font-weight: 700; }
.brand a { color: inherit; }
main { padding: 1.5rem 2rem 6rem; }
section { padding-top: 1rem; margin-top: 2rem; border-top: 1px solid var(--line); }
#basics { border-top: 0; margin-top: 0; padding-top: 0; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.35rem; margin: .5rem 0; }
h3 { font-size: .82rem; margin: 1.5rem 0 .4rem; color: var(--muted); text-transform: uppercase;
  letter-spacing: .05em; }
p { margin: .6rem 0; max-width: 46rem; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
.anchor { color: inherit; }
.anchor:hover::after, .anchor:focus-visible::after { content: ' #'; color: var(--muted); }
code, pre { font-family: ui-monospace, 'DejaVu Sans Mono', monospace; font-size: .86em; }
pre {
  margin: .5rem 0; padding: .8rem 1rem; overflow-x: auto; background: var(--panel);
  border: 1px solid var(--line); border-radius: 6px; font-size: .84rem; line-height: 1.5;
}
pre code { font-size: inherit; }
pre.answer { border-style: dashed; background: transparent; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0;
  border-bottom: 1px solid var(--line); }
th { color: var(--muted); font-weight: 600; }
td:first-child code, td.nowrap { white-space: nowrap; }
tr:target, section:target h2 { background: var(--panel); }
.muted { color: var(--muted); font-size: .88em; }
.required { color: var(--delete); font-size: .8em; }
.endpoint { font-size: 1.05rem; }
.example { margin-top: 1rem; font-weight: 600; font-size: .94rem; }
.codes { display: flex; flex-wrap: wrap; gap: .35rem; max-width: none; }
.codes a {
  font: .78rem ui-monospace, 'DejaVu Sans Mono', monospace; padding: .1rem .5rem;
  border: 1px solid var(--line); border-radius: 4px; color: inherit;
}
.method { font: 700 .78rem ui-monospace, 'DejaVu Sans Mono', monospace; }
.get { color: var(--get); } .post { color: var(--post); }
.patch { color: var(--patch); } .delete { color: var(--delete); }
@media (max-width: 52rem) {
  body { display: block; }
  nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); }
  nav .ids { display: none; }
  main { padding: 1rem 1rem 4rem; }
  .calls thead { display: none; }
  .calls td { display: block; border: 0; padding: 0; }
  .calls td:last-child { padding-bottom: .5rem; margin-bottom: .5rem;
    border-bottom: 1px solid var(--line); }
}
@media print { nav { display: none; } body { display: block; } }
`;
