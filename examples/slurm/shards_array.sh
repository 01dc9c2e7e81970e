#!/bin/bash
#SBATCH --job-name=figures
#SBATCH --array=1-4
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --time=1:00:00

# Every figure of all runs below $RUNS, by four jobs that know nothing of each other:
#     sbatch --export=ALL,RUNS=$SCRATCH/output shards_array.sh
# After an array of fits: sbatch --dependency=afterany:JOBID --export=...
exec autoviz-render --all --shard auto "$RUNS"
