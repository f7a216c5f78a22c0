#!/bin/sh
# After all tasks of slurm-stats.sh.
set -eu
normstream merge /data/part-*.npz --overwrite -o /data/train.npz
