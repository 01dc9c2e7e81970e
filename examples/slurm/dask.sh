#!/bin/bash
#SBATCH --job-name=figures
#SBATCH --ntasks=2
#SBATCH --cpus-per-task=1
#SBATCH --time=1:00:00

# Every figure of all runs below $RUNS, by Dask workers: more may be added while it draws, by other jobs with
#     srun dask worker --scheduler-file "$RUNS/dask-JOBID.json" --nthreads 1
scheduler="$RUNS/dask-$SLURM_JOB_ID.json"
dask scheduler --scheduler-file "$scheduler" --port 0 --no-dashboard 2>"$scheduler.log" &
trap 'kill $(jobs -p); rm -f "$scheduler"' EXIT
until [ -s "$scheduler" ]; do sleep 0.2; done
srun dask worker --scheduler-file "$scheduler" --nthreads 1 --no-dashboard --local-directory "${TMPDIR:-/tmp}" 2>>"$scheduler.log" &
autoviz-render --all --dask "$scheduler" "$RUNS"
