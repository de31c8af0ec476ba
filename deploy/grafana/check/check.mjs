// Holds the dashboard against the types that Grafana publishes, and each TraceQL query of the page against Grafana's grammar.
// `npm ci && node check.mjs ../betrace.json ../../../docs/grafana.md`; it prints every fault and exits with 1 if there is one.
import { readFileSync, mkdtempSync, writeFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parser } from '@grafana/lezer-traceql';
import ts from 'typescript';

const here = dirname(fileURLToPath(import.meta.url));
const [dashboardPath, pagePath] = process.argv.slice(2);
let faults = 0;

function fault(text) {
  faults++;
  console.error(text);
}

// Grafana's types are closed: a key that they do not know is a fault here, as it would be nowhere else. Its enums are texts
// in a dashboard, so each is read as the union of its values. A panel's options and custom fields are typed by its kind.
function checkDashboard() {
  const dashboard = JSON.parse(readFileSync(dashboardPath, 'utf8'));
  const kinds = { timeseries: 'TimeSeries', stat: 'Stat', table: 'Table' };
  const lines = ["import type * as schema from '@grafana/schema/dist/esm/raw/dashboard/x/Dashboard_types.gen';"];
  for (const [kind, name] of Object.entries(kinds)) {
    lines.push(`import type * as ${kind} from '@grafana/schema/dist/esm/raw/composable/${kind}/panelcfg/x/${name}PanelCfg_types.gen';`);
  }
  lines.push(`type Values<T> = T extends string ? \`\${T}\` : T extends (infer U)[] ? Values<U>[]
    : T extends object ? { [K in keyof T]: Values<T[K]> } : T;`);
  const { panels, ...rest } = dashboard;
  lines.push(`export const dashboard: Values<Omit<schema.Dashboard, 'panels'>> = ${JSON.stringify(rest)};`);
  for (const panel of panels) {
    if (panel.type === 'row') {
      lines.push(`export const panel${panel.id}: Values<schema.RowPanel> = ${JSON.stringify(panel)};`);
      continue;
    }
    if (!(panel.type in kinds)) {
      fault(`${panel.title}: no type is known for a panel of kind ${panel.type}`);
      continue;
    }
    lines.push(`export const panel${panel.id}: Values<schema.Panel> = ${JSON.stringify(panel)};`);
    // What its options leave out takes the plugin's defaults.
    lines.push(`export const options${panel.id}: Values<Partial<${panel.type}.Options>> = ${JSON.stringify(panel.options)};`);
    const custom = panel.fieldConfig.defaults.custom;
    if (custom !== undefined) {
      lines.push(`export const custom${panel.id}: Values<Partial<${panel.type}.FieldConfig>> = ${JSON.stringify(custom)};`);
    }
  }
  const folder = mkdtempSync(join(here, 'checked-'));
  try {
    const file = join(folder, 'dashboard.ts');
    writeFileSync(file, lines.join('\n'));
    const program = ts.createProgram([file], {
      strict: true, noEmit: true, skipLibCheck: true, types: [],
      module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, target: ts.ScriptTarget.ESNext,
    });
    for (const found of ts.getPreEmitDiagnostics(program)) {
      fault(ts.flattenDiagnosticMessageText(found.messageText, '\n'));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return panels.length;
}

function checkQueries() {
  const page = readFileSync(pagePath, 'utf8');
  const queries = [...page.matchAll(/^```traceql\n([\s\S]*?)^```$/gm)].flatMap(([, block]) => block.trim().split('\n'));
  for (const query of queries) {
    parser.parse(query).iterate({
      enter: (node) => {
        if (node.type.isError) fault(`not TraceQL at ${node.from}: ${query}`);
      },
    });
  }
  return queries.length;
}

const panels = checkDashboard();
const queries = checkQueries();
console.log(`${panels} panels and ${queries} queries, ${faults} faults`);
process.exit(faults === 0 && panels > 0 && queries > 0 ? 0 : 1);
