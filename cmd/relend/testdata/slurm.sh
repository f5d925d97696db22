#!/bin/sh
# Starts or stops a Slurm cluster of this machine alone, for tests, with everything it keeps in a folder:
#   slurm.sh start DIR    slurm.sh stop DIR
# Needs root and Debian's slurm-wlm and munge. Says why on the error output and fails where it cannot be started.
set -eu
dir=${2:?folder}
export SLURM_CONF="$dir/slurm.conf"

stop() {
	for name in slurmd slurmctld munged; do
		[ -s "$dir/$name.pid" ] && kill "$(cat "$dir/$name.pid")" 2>/dev/null || true
	done
}

if [ "$1" = stop ]; then
	stop
	# The folder can be removed once nobody writes into it.
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		running=no
		for name in slurmd slurmctld munged; do
			[ -s "$dir/$name.pid" ] && kill -0 "$(cat "$dir/$name.pid")" 2>/dev/null && running=yes
		done
		[ $running = no ] && exit 0
		sleep 1
	done
	exit 1
fi

for program in slurmctld slurmd sbatch munged; do
	command -v $program >/dev/null || PATH="$PATH:/usr/sbin" command -v $program >/dev/null || { echo "$program is not installed" >&2; exit 1; }
done
PATH="$PATH:/usr/sbin"
[ "$(id -u)" = 0 ] || { echo "needs root" >&2; exit 1; }
host=$(hostname -s)
chmod 755 "$dir"

# A munge of its own: socket, key and log in the folder.
dd if=/dev/urandom of="$dir/munge.key" bs=1024 count=1 2>/dev/null
chmod 600 "$dir/munge.key"
munged --force --socket="$dir/munge.socket" --key-file="$dir/munge.key" --log-file="$dir/munge.log" --pid-file="$dir/munged.pid" \
	--seed-file="$dir/munge.seed" >&2 || { echo "munged cannot be started" >&2; exit 1; }

mkdir -p "$dir/state" "$dir/spool"
cat > "$dir/slurm.conf" <<CONF
ClusterName=relend
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_min_interval=10000,sched_interval=1,bf_interval=1,batch_sched_delay=0
CompleteWait=0
KillWait=2
ReturnToService=2
MaxArraySize=33
MaxJobCount=200
SlurmdParameters=config_overrides
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 Boards=1 SocketsPerBoard=1 CoresPerSocket=2 ThreadsPerCore=1 RealMemory=8000
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF

slurmctld -c -f "$dir/slurm.conf" >&2 || { echo "slurmctld cannot be started" >&2; stop; exit 1; }
slurmd -N "$host" -f "$dir/slurm.conf" >&2 || { echo "slurmd cannot be started: $(tail -n 1 "$dir/slurmd.log" 2>/dev/null)" >&2; stop; exit 1; }
for _ in $(seq 30); do
	sinfo --noheader --format=%T 2>/dev/null | grep -q '^idle' && exit 0
	sleep 1
done
echo "no node is idle after 30 s: $(tail -n 1 "$dir/slurmctld.log")" >&2
stop
exit 1
