const EXIT_CODES = `
Exit codes:
  0 done         2 usage            4 reading or writing failed
  1 our fault    3 bad input data   130 Ctrl-C, 143 terminated`;

/** What stands below the lists of options and commands, at most 80 columns wide. */
export const HELP = {
  program: `
Results go to standard output, everything else to standard error. A file appears
when it is whole, and one that exists stays as it is without --overwrite.

INPUT is one of these, and may be far larger than memory:
  a file          .npy, .npz, .safetensors, IDX (also .gz), HDF5, GeoTIFF,
                  Parquet, Arrow, CSV, raw data (--shape, --dtype)
  images          JPEG, PNG, WebP, TIFF, AVIF: one, a folder, a tar (WebDataset)
  a folder        of any of these, or a Zarr array (versions 2 and 3); a pattern
                  in quotes: "shards/*.npy", "{000..011}.tar"
  a manifest      normstream.json, or its folder; --split (normstream init)
  a far place     https://, http://, s3://bucket/key
  standard input  -

The same data give the same bits and the same digest, whatever the threads, the
shards, the layout or the file format.

Examples:
  normstream info train.npy
  normstream stats train.npy
  normstream normalize train.npy -o train.norm.npy
  normstream normalize photos.npy -o photos.norm.npy --norm instance

normstream COMMAND --help says more.
${EXIT_CODES}`,

  info: `
Reads headers alone. Where a file holds several tensors it lists them, and
--select NAME looks at one.

Examples:
  normstream info train.npy
  normstream info features.npz --select x
  normstream info frames.bin --shape 1000,3,224,224 --dtype u1
${EXIT_CODES}`,

  init: `
Looks through a folder and writes normstream.json: which files are one data set,
joined along N, and which of them are train, val and test, as the names of
folders and files say (train/, x_test.npy, t10k-images). Files of one shape and
type go together; the most of the data is the data set, and what is left out is
told with the reason. Headers are read, no data.

The file is for people to change: docs/guides/data-sets.md says what may stand
in it. Then it is an input like any other.

Examples:
  normstream init data/
  normstream init photos/ -o photos.json
  normstream stats data/ --split train
${EXIT_CODES}`,

  stats: `
Prints for each channel the count, mean and standard deviation (divided by n),
minimum and maximum over all samples, and the digest, which is the same for the
same data. "mean instance std" is the mean over the samples of each one's own
std. With --norm instance, group or layer there is a line for each sample, with
--batch-size one for each batch.

INPUT is a file, a folder, a pattern in quotes, a manifest, an https:// or s3://
URL, or - for standard input: .npy, .npz, .safetensors, IDX, images, tar, Zarr,
HDF5, Parquet, Arrow, CSV and raw data. normstream --help says more.

  -o FILE.npz          the table of moments, from which merge works
  -o FILE.json         what --json prints
  -o FILE.safetensors  running_mean, running_var (divided by n - 1) and
                       num_batches_tracked, as PyTorch names them

The first two keep their lineage: each file's size, time and entity tag, what
decoded it, the command. verify and info show it.

Arrays in JSON are [C]; [N][C], [N][G] or [N] with --norm instance, group or
layer; [batches][C] with --batch-size. meanInstanceStd is always [C], or null
where it was not taken (planes below 256 values, without such a --norm). NaN and
infinities are strings. Above 100,000 statistics -o is needed, and the arrays on
standard output are null.

--shard i/N takes part i of N, from 0 to N - 1: run the parts anywhere, then
merge their tables. What it prints is of the part.

Examples:
  normstream stats train.npy
  normstream stats train.npy --json > train.json
  normstream stats images.npy --norm instance -o instances.json
  normstream stats huge.npy --memory 256MB --threads 4
  normstream stats huge.npy --shard 0/8 -o part-0.npz
  normstream stats "photos/**/*.jpg" --resize 224x224
  normstream stats cars.csv --select price,year
  normstream stats s3://bucket/train.zarr --checkpoint state
  normstream stats data/ --split train -o train.npz
  cat x.npy | normstream stats -
${EXIT_CODES}`,

  normalize: `
y = weight * (x - mean) / sqrt(variance + eps) + bias, with the variance divided
by n. Batch norm reads the data twice, statistics first; instance, group and
layer norm read it once. With --running-mean and --running-var the statistics
are given, and it is read once.

The file of --weight, --bias, --running-mean or --running-var holds one value a
channel; FILE:NAME names a tensor in it, and a state dict is searched for
weight, bias, running_mean, running_var.

--as safetensors writes a folder of shards with model.safetensors.index.json, as
Hugging Face's libraries lay it out; the folder is read as one tensor again.
--as png draws the first samples for a look: a PNG each and sheet.png, grey or
RGB, channels beside each other where there are neither one nor three.

Examples:
  normstream normalize train.npy -o train.norm.npy
  normstream normalize train.npy -o look --as png --limit 25
  normstream normalize huge.npy -o shards --as safetensors --file-bytes 2GB
  normstream normalize photos.npy -o out.npy --norm instance --out-dtype f16
  normstream normalize in.npz -o out.npz --select x --norm group --groups 8
  normstream normalize test.npy -o test.norm.npy \\
    --running-mean train.safetensors --running-var train.safetensors
${EXIT_CODES}`,

  advise: `
Measures how much the statistics of a batch differ from those of the next, how
far inference stands from training, and how variance is split between and within
samples; then names batch, instance, group or layer norm, with the figures that
it goes by and how sure it is. docs/adviser.md says what they mean.

The file of --labels holds one number a sample, in any format that is read.
Of a table whose rows hold several samples (planes below 256 values) noise is
not known: give the data, or a table of stats --norm instance.

Examples:
  normstream advise train.npy
  normstream advise features.npy --use detection --batch-size 4
  normstream advise images.idx.gz --labels labels.idx.gz --json
${EXIT_CODES}`,

  check: `
Looks for NaN and infinities and where they stand, constant channels, values
that overflow float16, 0 to 255 beside 0 to 1, a likely NHWC read as NCHW, one
value a channel, samples in an order, outliers and copies. Each finding comes
with its evidence and what to do.

Exit code 5 says that something was found that is as grave as --fail-on.

Examples:
  normstream check train.npy
  normstream check train.npy --fail-on error --json
${EXIT_CODES}
  5 found something`,

  report: `
Prints what advise and check find, with the channels and their histograms.

  -o FILE.html    a page to look at: interactive, in one file, no network
  -o FILE.ipynb   a notebook that holds it: interactive in VS Code with the
                  extension, a picture with tables on GitHub and elsewhere
  -o FILE.png     one picture of all of it; .svg the same without pixels
  -o FILE.json    the report (normstream/report/1, at most 256 KiB), which pages
                  and notebooks show; --json prints the same

--open shows the page in the browser; without -o it is a temporary file.
Of a table there are no histograms and pictures: it holds moments, no values.

Examples:
  normstream report train.npy
  normstream report train.npy --open
  normstream report train.npy -o train.ipynb
  normstream report today.npy train.npz -o today.html
${EXIT_CODES}`,

  merge: `
Parts of one input (stats --shard) come in any order, and the digest is that of
a run over the whole. Tables of whole inputs are joined in the order given, as
if their files were one. A single table is summed up. Summaries (.json) merge
too, but only by their moments: the result has no digest and no table.

Examples:
  normstream merge part-0.npz part-1.npz part-2.npz -o whole.npz
  normstream merge monday.npz tuesday.npz -o both.json
${EXIT_CODES}`,

  remove: `
Writes statistics as if the part had never been there. Of tables it finds the
part's rows in the whole, to the bit, and folds the others again: the digest is
that of a run over the rest. A part begins and ends where rows of the table do;
tables of --norm instance have a row for each sample.

Summaries (.json) are subtracted. Each channel keeps a bound on its error, which
holds in the worst case; where fewer than 6 digits would be certain it refuses.
A minimum or maximum that the part has too is "NaN": not known any more.

Examples:
  normstream remove all.npz tuesday.npz -o monday.npz
  normstream remove all.npz --samples 0:1000 -o rest.npz
  normstream remove all.json tuesday.json -o monday.json
${EXIT_CODES}`,

  verify: `
Reads data again that statistics were taken of. A table (.npz) has a row for
each sample or for some of them: by default 4 of 64 parts are read, two of them
chosen by chance, and their rows have to be the same to the bit. --all, or a
summary, reads everything and compares the digest. Shape, dtype and the names of
columns are always compared. Where they do not hold, the exit code is 5.

Files whose size, time or entity tag is not that of the lineage are named, and
what they hold is read too. The input is opened as it was: by the same --split,
--shape, --resize. Of a copy that is named as INPUT, sizes alone are compared.

Examples:
  normstream verify train.npz
  normstream verify train.npz copy-of-train.npy --all
  normstream verify train.json
${EXIT_CODES}`,

  compare: `
For each channel: how far B's mean is from A's, in stds (shift) and in standard
errors (t), and how the stds compare (ratio). Values of one sample are alike, so
standard errors come from how samples differ, or rows of several samples where
planes have less than 256 values; tables with one value a sample count values. A
summary (.json) has no rows: there the values count, as if independent.

  shifted  significant (p below 0.05, after Holm's correction for all channels)
           and large: 0.1 std or more, in the mean or in ln(ratio)
  small    significant, but smaller; with enough data everything is
  -        may be chance
  unknown  one sample, or a mean that is not finite

Below the table both are drawn, in A's stds from A's mean; -o draws them as a
picture. normstream report A B shows all of A, with B as ghost marks.

--fail-on-shift D takes D for the 0.1, and ends with exit code 5 where a channel
is shifted or unknown: for a check of new data against the old in a pipeline.
FILE:NAME is a tensor in a file of several.

Examples:
  normstream compare train.npy test.npy
  normstream compare train.npz today.npy --fail-on-shift 0.2
  normstream compare train.npz today.npy -o today.png
  normstream compare data.npz:x_train data.npz:x_test --json
${EXIT_CODES}
  5 --fail-on-shift found a shift`,

  export: `
Writes statistics as a normalization of another framework, in its names and
conventions, and says in plain words what was converted, and how to load it.

  --to torch        .safetensors  a state dict: running_var is divided by n - 1
  --to keras        .json         a layers model of TF.js, with a .bin beside it
                    .npz          weights for Keras in Python
  --to onnx         .onnx         a model of one node (Transpose around NHWC)
  --to sklearn      .json         the attributes of a StandardScaler
  --to torchvision  .json         mean and std of Normalize; uint8 as 0 to 1

Keras and ONNX divide the variance by n, and their momentum weighs the old
average: PyTorch's 0.1 is their 0.9. With --norm instance, group or layer the
model normalizes each input by its own statistics, and STATS only says of how
many channels; such a norm goes with --to torch, keras and onnx.

Examples:
  normstream export train.npz --to onnx -o bn.onnx --layout NHWC
  normstream export train.npz --to torch -o bn.safetensors --prefix features.1
  normstream export photos.json --to torchvision -o normalize.json
${EXIT_CODES}`,

  worker: `
Takes shards of all runs whose commands name the same --engine, and computes
them in threads of its own. SIGTERM and Ctrl-C stop it when the shards that it
has begun are finished. It takes nothing of a run whose store it does not see,
whose input it cannot decode, or whose version of Normstream is another; status
and runs say so.

User and password may stand in the URL or, better, in the environment:
NORMSTREAM_REDIS_USERNAME, NORMSTREAM_REDIS_PASSWORD; NORMSTREAM_REDIS_CA names
a file of certificates for rediss://. docs/cluster.md says the rest.

Examples:
  normstream worker --engine redis://queue:6379
  normstream worker --engine rediss://queue:6380 --threads 8 --health 8080
  normstream stats s3://bucket/train.zarr --engine redis://queue:6379 \\
    --store s3://bucket/runs
${EXIT_CODES}`,

  runs: `
Runs are kept for seven days after they were last worked on.

Example:
  normstream runs --engine redis://queue:6379
${EXIT_CODES}`,

  status: `
How far a run has come, and the statistics of what was merged so far, of its
first 8 channels.

Example:
  normstream status nightly --engine redis://queue:6379 --json
${EXIT_CODES}`,

  plan: `
Plays a run over data of another size, by the times that shards of RUN took: how
long it takes, how busy threads are, Redis's memory and commands, and requests
to the store. It holds where data come to every worker as fast as in RUN.

Example:
  normstream plan nightly --bytes 10TB --threads 8 --engine redis://queue:6379
${EXIT_CODES}`,

  cancel: `
Its coordinator, the command that began the run, ends with exit code 4. What the
run kept in its store is removed.

Example:
  normstream cancel nightly --engine redis://queue:6379
${EXIT_CODES}`,

  resume: `
Gives the command of a run again, in the folder in which it was given, without
doing again what is done. To give the same command by hand is the same.

Example:
  normstream resume nightly --engine redis://queue:6379
${EXIT_CODES}`,
} as const;
