// Which part may import which: docs/design.md says why. `npm run layers` checks the tree, test/layers.test.ts checks the rules.

/** Each package, and the packages below it that it may import. A new package needs its line. */
const LAYERS = {
  tensor: [],
  moments: ["tensor"],
  kernel: ["moments", "tensor"],
  formats: ["tensor"],
  pipeline: ["formats", "kernel", "moments", "tensor"],
  pool: ["pipeline", "formats", "kernel", "moments", "tensor"],
  cluster: ["pipeline", "formats", "kernel", "moments", "tensor"],
  report: ["pipeline", "formats", "kernel", "moments", "tensor"],
  renderer: ["report"],
  convert: ["pipeline", "formats", "moments", "tensor"],
  normstream: ["convert", "report", "cluster", "pool", "pipeline", "formats", "kernel", "moments", "tensor"],
};

/** The last node_modules of a path names the package, whatever the package manager's store looks like. */
const packageNamed = (names) => `(^|/)node_modules/(${names})/(?!.*node_modules/)`;

const layers = Object.entries(LAYERS).map(([name, below]) => ({
  name: `layer-${name}`,
  comment: `packages/${name} may import ${below.length > 0 ? below.join(", ") : "no other package"}.`,
  severity: "error",
  from: { path: `^packages/${name}/` },
  to: { path: "^(packages|workers|test|extension)/", pathNot: `^packages/(${[name, ...below].join("|")})/` },
}));

module.exports = {
  forbidden: [
    ...layers,
    {
      name: "layer-workers",
      comment: "Workers are built from the packages below the facade, and nothing is built from them.",
      severity: "error",
      from: { path: "^workers/" },
      to: { path: "^(packages/normstream|test|extension)/" },
    },
    {
      name: "no-cycle",
      comment: "No file imports itself through others, types included.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "by-package-name",
      comment: "Another package is imported by its name, never by a path into its folder.",
      severity: "error",
      from: { path: "^packages/([^/]+)/" },
      to: { path: "^packages/", pathNot: "^packages/$1/", dependencyTypes: ["local"] },
    },
    {
      name: "by-package-name-outside",
      comment: "Workers and tests import packages by name too.",
      severity: "error",
      from: { path: "^(workers|test)/" },
      to: { path: "^packages/", dependencyTypes: ["local"] },
    },
    {
      name: "resolvable",
      comment: "Every import leads somewhere; an import of a file that a package does not export does not.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^normstream$" },
    },
    {
      name: "source-not-to-test",
      comment: "What ships does not import tests.",
      severity: "error",
      from: { path: "^(packages/[^/]+/src|workers)/" },
      to: { path: "(^test/|^packages/[^/]+/test/|[.]test[.]ts$)" },
    },
    {
      name: "threads-only-in-pool",
      comment: "piscina belongs to the pool and to the workers that it starts.",
      severity: "error",
      from: { path: "^(packages|workers|test)/", pathNot: "^(packages/pool|workers)/" },
      to: { path: packageNamed("piscina") },
    },
    {
      name: "comlink-where-workers-are-called",
      comment: "comlink belongs to the pool, to its workers, and to the view, which has a web worker.",
      severity: "error",
      from: { path: "^(packages|workers|test)/", pathNot: "^(packages/(pool|renderer)|workers)/" },
      to: { path: packageNamed("comlink") },
    },
    {
      name: "cluster-only-in-cluster",
      comment: "BullMQ and its Redis client belong to the cluster engine.",
      severity: "error",
      from: { path: "^(packages|workers)/", pathNot: "^packages/cluster/" },
      to: { path: packageNamed("bullmq|ioredis") },
    },
    {
      name: "streams-from-pipeline-up",
      comment: "Below the pipeline there are functions over data, and no Observables.",
      severity: "error",
      from: { path: "^packages/(tensor|moments|kernel|formats)/" },
      to: { path: packageNamed("rxjs") },
    },
    {
      name: "charts-run-anywhere",
      comment:
        "Charts are drawn in a browser as in Node: they import the report's types, and nothing of Node or of the pipeline.",
      severity: "error",
      from: { path: "^packages/report/src/charts/" },
      to: { path: "^packages/", pathNot: "^packages/report/src/(charts/|report[.]ts$)" },
    },
    {
      name: "charts-without-node",
      comment: "See charts-run-anywhere.",
      severity: "error",
      from: { path: "^packages/report/src/charts/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "no-node-below-formats",
      comment: "tensor, moments and kernel run anywhere: no module of Node's own in them.",
      severity: "error",
      from: { path: "^packages/(tensor|moments|kernel)/src/" },
      to: { dependencyTypes: ["core"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|assembly|conformance/cases)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
      extensions: [".ts", ".tsx", ".js", ".mjs", ".cjs", ".json"],
    },
  },
};
