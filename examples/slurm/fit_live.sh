#!/bin/bash
#SBATCH --job-name=fit
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=2
#SBATCH --time=24:00:00
#SBATCH --signal=B:TERM@120
#SBATCH --requeue

# A fit that draws its figure as it goes; $FIT is your program, which takes the folder of its run.
export AUTOVIZ_RENDERER=process                                 # or none: then it only publishes
export MPLCONFIGDIR="${TMPDIR:-/tmp}/matplotlib-$SLURM_JOB_ID"  # the node's own disk: the home may be slow or read-only
exec python "$FIT" "$RUNS/fit-$SLURM_JOB_ID"
