#!/bin/bash
#SBATCH --job-name=figures
#SBATCH --ntasks=2
#SBATCH --cpus-per-task=1
#SBATCH --time=1:00:00

# Every figure of all runs below $RUNS, by the tasks of one job.
exec srun autoviz-render --all --shard auto "$RUNS"
