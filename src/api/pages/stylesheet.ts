/** The one stylesheet of the pages: no font, image or colour comes from elsewhere. */
export const stylesheet = `:root {
  color-scheme: light dark;
  --ink: light-dark(#1a2230, #e4e8ee);
  --faint: light-dark(#5a6675, #98a4b3);
  --paper: light-dark(#ffffff, #12171e);
  --panel: light-dark(#f4f6f8, #1b222b);
  --line: light-dark(#dde2e8, #2c3642);
  --link: light-dark(#0b5cad, #7db8f5);
}
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--paper); font: 16px/1.55 system-ui, sans-serif; }
header { display: flex; gap: 2rem; align-items: baseline; padding: .8rem 1.5rem; border-bottom: 1px solid var(--line); }
header nav { display: flex; gap: 1.2rem; }
.brand { font-weight: 700; font-size: 1.15rem; color: inherit; text-decoration: none; }
a { color: var(--link); }
.columns { display: flex; max-width: 76rem; margin: 0 auto; }
.contents { flex: 0 0 17rem; padding: 1.5rem; font-size: .9rem; position: sticky; top: 0; align-self: flex-start; max-height: 100vh; overflow-y: auto; }
.contents ul { list-style: none; margin: 0 0 1rem; padding: 0; }
.contents li { margin: .25rem 0; }
.contents a { text-decoration: none; }
main { flex: 1; min-width: 0; padding: 1.5rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--line); padding-bottom: .3rem; }
h3 { margin: 2rem 0 .3rem; font-size: 1.1rem; }
h4 { margin: 1rem 0 .3rem; font-size: .85rem; text-transform: uppercase; letter-spacing: .05em; color: var(--faint); }
section { scroll-margin-top: 1rem; }
code, pre { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .88em; }
:not(pre) > code { background: var(--panel); padding: .1em .3em; border-radius: 3px; overflow-wrap: anywhere; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid var(--line); }
td:first-child code { white-space: nowrap; }
th { font-weight: 600; color: var(--faint); }
.route { font-family: ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.method { font-weight: 700; }
.faint { color: var(--faint); }
@media (max-width: 50rem) {
  .columns { flex-direction: column; }
  .contents { position: static; max-height: none; flex: none; padding-bottom: 0; }
  td, th { padding-right: .5rem; }
}
`;
