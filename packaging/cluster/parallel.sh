#!/bin/sh
# A corpus by GNU parallel, on this machine or on several that share a file system:
#
#   packaging/cluster/parallel.sh RECIPE DIR SHARDS [OPTIONS OF parallel...]
#   packaging/cluster/parallel.sh lean-bench out/bench 64 --sshloginfile nodes.txt --workdir .
#
# BRANDIRON_WATERMARK_KEY names the file of a key of your own. A shard that fails is tried three more times;
# the same command goes on where it was interrupted.
set -eu
recipe=$1 folder=$2 shards=$3
shift 3
mkdir -p "$folder"
export OMP_NUM_THREADS=1
seq 0 $((shards - 1)) |
  parallel --will-cite --quote --retries 4 --env OMP_NUM_THREADS,BRANDIRON_WATERMARK_KEY --joblog "$folder/parallel.log" "$@" \
    "${BRANDIRON:-brandiron}" corpus build "$recipe" -o "$folder" --shard "{}/$shards" --no-progress || true
exec "${BRANDIRON:-brandiron}" corpus merge "$folder"
