// Builds what is out of date:  node scripts/build.mjs [--no-types] [--force]
//   kernel     AssemblyScript → packages/kernel/generated
//   bundles    facade, CLI, worker, view → packages/normstream/dist, with the licences of what is inlined
//   extension  VS Code's host, renderer and kernel → extension/dist
//   types      one index.d.ts, and the documents that are packed with the package
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { build as esbuild } from "esbuild";
import { bundleExtension } from "./bundle-extension.mjs";
import { bundleView } from "./bundle-view.mjs";
import { inputsOf, isFresh, products, root, stamp } from "./stamps.mjs";

const force = process.argv.includes("--force");
const withTypes = !process.argv.includes("--no-types");
const facade = join(root, "packages", "normstream");
const dist = join(facade, "dist");

/** A failure that is told in words; anything else that is thrown is a fault of this script. */
class BuildError extends Error {}

async function stage(name, make) {
  if (!force && isFresh(name)) return;
  const started = performance.now();
  const inputs = inputsOf(name);
  const made = await make();
  const missing = products[name].filter((path) => !existsSync(join(root, path)));
  if (missing.length > 0) throw new BuildError(`${name}: built, but ${missing.join(", ")} did not appear.`);
  stamp(name, inputs);
  process.stdout.write(`${name.padEnd(9)} ${((performance.now() - started) / 1000).toFixed(2)} s${made ? `   ${made}` : ""}\n`);
}

/** Writes a file whole or not at all, and leaves an equal one alone. */
function writeIfChanged(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(Buffer.from(contents))) return;
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}

function buildKernel() {
  const script = join("packages", "kernel", "build.mjs");
  if (!existsSync(join(root, script))) throw new BuildError(`kernel: ${script} is missing.`);
  const { status, signal } = spawnSync(process.execPath, [script], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new BuildError(`kernel: node ${script} failed (${signal ?? `exit code ${status}`}).`);
}

/** Packages that who needs them installs: native, or larger than all the rest. */
const optional = ["@aws-sdk/client-s3", "bullmq", "bullmq-otel", "geotiff", "h5wasm", "ioredis", "sharp", "zarrita"];

const bundles = [
  { name: "index", entry: "packages/normstream/src/index.ts", external: ["piscina", "rxjs", "comlink", ...optional] },
  { name: "cli", entry: "packages/normstream/src/cli.ts", external: ["piscina", ...optional], minifySyntax: true },
  { name: "worker", entry: "workers/thread.ts", external: ["piscina", ...optional], minifySyntax: true },
];
const view = "report-view";

/** rxjs offers its CommonJS build to Node, which cannot be shaken; an inlined one is taken from its ES modules. */
const rxjsModules = {
  name: "rxjs-modules",
  setup({ onResolve }) {
    onResolve({ filter: /^rxjs(\/operators)?$/ }, ({ path, resolveDir }) => {
      const folder = dirname(createRequire(join(resolveDir, "_.js")).resolve("rxjs/package.json"));
      return { path: join(folder, "dist", "esm", path.slice("rxjs".length), "index.js"), sideEffects: false };
    });
  },
};

async function bundle({ name, entry, ...options }) {
  if (!existsSync(join(root, entry)))
    throw new BuildError(`bundles: ${entry} is missing, so that dist/${name}.js cannot be built.`);
  try {
    return await esbuild({
      absWorkingDir: root,
      entryPoints: { [name]: entry },
      outdir: dist,
      bundle: true,
      splitting: true,
      chunkNames: `${name}-[hash]`,
      platform: "node",
      target: "node20.19",
      format: "esm",
      charset: "utf8",
      legalComments: "none",
      metafile: true,
      write: false,
      tsconfig: join(root, "tsconfig.base.json"),
      plugins: options.external.includes("rxjs") ? [] : [rxjsModules],
      ...options,
    });
  } catch (error) {
    if (!error.errors) throw error;
    throw new BuildError(`bundles: ${entry} does not build (${error.errors.length} errors above).`);
  }
}

/** The view, and the worker inside of it, which is no file of its own but has licences to hand on. */
async function viewBundle() {
  try {
    const built = await bundleView(dist);
    return [built.view, { metafile: built.worker.metafile }];
  } catch (error) {
    if (!error.errors) throw error;
    throw new BuildError(`bundles: the view does not build (${error.errors.length} errors above).`);
  }
}

/** CommonJS that is inlined asks for Node's own modules with `require`, which an ES module has to make itself. */
function withRequire(text) {
  if (!text.includes("Dynamic require of")) return text;
  return `import { createRequire as normstreamCreateRequire } from "node:module";\nconst require = normstreamCreateRequire(import.meta.url);\n${text}`;
}

async function buildBundles() {
  mkdirSync(dist, { recursive: true });
  const settled = await Promise.allSettled([...bundles.map(bundle), viewBundle()]);
  const results = settled.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value].flat() : []));
  const files = results.flatMap((result) => result.outputFiles ?? []);
  for (const file of files) writeIfChanged(file.path, withRequire(file.text));
  const failures = settled.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  const fault = failures.find((reason) => !(reason instanceof BuildError));
  if (fault) throw fault;
  if (failures.length > 0) throw new BuildError(failures.map((reason) => reason.message).join("\n"));
  const kept = new Set(files.map((file) => basename(file.path)));
  for (const name of readdirSync(dist)) if (name.endsWith(".js") && !kept.has(name)) rmSync(join(dist, name));
  for (const [name, owner] of [
    ["report", "report"],
    ["manifest", "formats"],
  ]) {
    writeIfChanged(join(dist, `${name}.schema.json`), readFileSync(join(root, "packages", owner, `${name}.schema.json`)));
  }
  for (const [name, source] of Object.entries(pictureFiles)) {
    writeIfChanged(join(dist, name), readFileSync(fromReport.resolve(source)));
  }
  writeIfChanged(join(dist, "THIRD-PARTY-LICENSES.txt"), thirdPartyLicenses(results.map((result) => result.metafile)));
  return [...bundles.map(({ name }) => name), view].map((name) => `${name}.js ${sizeOf(files, name)}`).join(" · ");
}

/** The VS Code extension, out of the bundles and its own sources. */
async function buildExtension() {
  try {
    const results = await bundleExtension();
    writeIfChanged(
      join(root, "extension", "dist", "THIRD-PARTY-LICENSES.txt"),
      thirdPartyLicenses(results.map((result) => result.metafile)),
    );
    return "extension/dist";
  } catch (error) {
    if (!error.errors) throw error;
    throw new BuildError(`extension: it does not build (${error.errors.length} errors above).`);
  }
}

function sizeOf(files, name) {
  const own = files.filter((file) => basename(file.path) === `${name}.js` || basename(file.path).startsWith(`${name}-`));
  const bytes = own.reduce((sum, file) => sum + file.contents.byteLength, 0);
  return `${Math.round(bytes / 1000)} kB${own.length > 1 ? ` in ${own.length} files` : ""}`;
}

/** What is inlined from elsewhere than a package: made from it, where its licence stands, and which file of ours holds it. */
const vendored = [
  {
    path: "packages/convert/src/onnx-schema/onnx-pb.js",
    title: "onnx.proto of ONNX 1.12.0 (Apache-2.0)",
    folder: "packages/convert/vendor/onnx",
  },
];

/** Licences of packages that do not bring the text of theirs, by name: folders of ours that hold them. */
const licenceFolders = { "@resvg/resvg-wasm": "packages/report/vendor/resvg" };

/** What the bundles read at run time, beside them: what draws pictures, and the font that it draws with. */
const pictureFiles = {
  "resvg.wasm": "@resvg/resvg-wasm/index_bg.wasm",
  "inter-400.ttf": "@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf",
  "inter-600.ttf": "@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf",
};
const fromReport = createRequire(join(root, "packages", "report", "package.json"));

/** The texts that the licences of the inlined packages ask us to hand on. */
function thirdPartyLicenses(metafiles) {
  const folders = new Set();
  const paths = new Set();
  for (const { outputs } of metafiles) {
    for (const { inputs } of Object.values(outputs)) {
      for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
        const match = bytesInOutput > 0 && /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path);
        if (match) folders.add(match[1]);
        if (bytesInOutput > 0) paths.add(path);
      }
    }
  }
  // The font is copied, not inlined; resvg's program comes with its script, which is.
  folders.add(relative(root, dirname(fromReport.resolve("@expo-google-fonts/inter/LICENSE_FONT"))));
  const notices = [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    const place = join(root, licenceFolders[name] ?? folder);
    const texts = readdirSync(place).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
    if (texts.length === 0) throw new BuildError(`bundles: ${name} ${version} is inlined, but has no licence text to hand on.`);
    const body = texts.sort().map((file) => readFileSync(join(place, file), "utf8").trim());
    return { title: `${name} ${version} (${license})`, body: body.join("\n\n") };
  });
  for (const { path, title, folder } of vendored) {
    if (paths.has(path)) notices.push({ title, body: readFileSync(join(root, folder, "LICENSE"), "utf8").trim() });
  }
  notices.sort((a, b) => (a.title < b.title ? -1 : 1));
  const line = "=".repeat(78);
  const head = "Normstream's built files contain code of these packages, under their own licences.\n";
  return [head, ...notices.map(({ title, body }) => `${line}\n${title}\n${line}\n\n${body}\n`)].join("\n");
}

/** Heads the reference that typedoc makes of the types. */
const moduleComment =
  "/**\n * Exact batch, instance, group and layer normalization of data larger than memory.\n * @module normstream\n */";

async function buildTypes() {
  const entry = "packages/normstream/src/index.ts";
  if (!existsSync(join(root, entry))) throw new BuildError(`types: ${entry} is missing.`);
  const [{ rollup }, { dts }] = await Promise.all([import("rollup"), import("rollup-plugin-dts")]);
  const workspace = {
    name: "workspace",
    resolveId: (id) =>
      id.startsWith("@normstream/") ? join(root, "packages", id.slice("@normstream/".length), "src", "index.ts") : null,
  };
  const types = await rollup({
    input: join(root, entry),
    external: (id) => /^(rxjs|piscina|comlink)(\/|$)/.test(id) || id.startsWith("node:"),
    plugins: [workspace, dts({ tsconfig: join(root, "tsconfig.base.json") })],
    onwarn: (warning) => {
      if (warning.code !== "EMPTY_BUNDLE" && warning.code !== "CIRCULAR_DEPENDENCY")
        throw new BuildError(`types: ${warning.message}`);
    },
  });
  const { output } = await types.generate({ format: "es", banner: moduleComment });
  await types.close();
  const code = output[0].code;
  if (output.length !== 1 || /from ['"](@normstream|\.)/.test(code))
    throw new BuildError("types: index.d.ts still imports a file that is not packed.");
  mkdirSync(dist, { recursive: true });
  writeIfChanged(join(dist, "index.d.ts"), code);
  for (const document of ["LICENSE", "README.md", "CHANGELOG.md"]) {
    if (existsSync(join(root, document))) copyFileSync(join(root, document), join(facade, document));
  }
  return `${relative(facade, join(dist, "index.d.ts"))} ${Math.round(code.length / 1000)} kB`;
}

try {
  await stage("kernel", buildKernel);
  await stage("bundles", buildBundles);
  await stage("extension", buildExtension);
  if (withTypes) await stage("types", buildTypes);
} catch (error) {
  const told = error instanceof BuildError || error?.plugin !== undefined;
  process.stderr.write(`${told ? error.message : error.stack}\n`);
  process.exit(1);
}
