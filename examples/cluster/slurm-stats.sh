#!/bin/sh
#SBATCH --array=0-3
#SBATCH --cpus-per-task=8
# One part of the samples in each task of the array; slurm-merge.sh joins them:
#   jobid=$(sbatch --parsable slurm-stats.sh) && sbatch --dependency=afterok:$jobid slurm-merge.sh
set -eu
normstream stats /data/train.npy --shard ${SLURM_ARRAY_TASK_ID}/${SLURM_ARRAY_TASK_COUNT} --overwrite -o /data/part-${SLURM_ARRAY_TASK_ID}.npz
