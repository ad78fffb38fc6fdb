"""A Slurm cluster of two nodes inside one host, for tests: munged, slurmctld and two slurmd in a folder of their
own, without systemd or cgroups. Each daemon ends with the test (setpriv --pdeathsig)."""

import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel", "setpriv")
# Where Debian keeps daemons, for users who have no such folder on their PATH.
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"

# A requeued task waits cred_expire before it may start again; a dead node is noticed after SlurmdTimeout.
# One processor a node: two tasks run at a time.
CONF = """\
ClusterName=loop
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock,cred_expire=5
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
JobRequeue=1
MaxArraySize={max_array_size}
KillWait=2
SchedulerParameters=sched_min_interval=100000,sched_interval=2,bf_interval=2,batch_sched_delay=0
SlurmctldTimeout=30
SlurmdTimeout=10
InactiveLimit=0
ReturnToService=2
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
SlurmdParameters=config_overrides
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=1 RealMemory=8000 State=UNKNOWN
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[3]} CPUs=1 RealMemory=8000 State=UNKNOWN
PartitionName=cpu Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
"""


def missing_programs():
    """Names of what is not installed."""
    return [p for p in PROGRAMS if not shutil.which(p, path=PATH)]


def free_ports(count):
    held = [socket.socket() for _ in range(count)]
    for s in held:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


def wait_until(what, condition, timeout_s=240, step_s=0.2):
    """Returns the first true value of `condition()`."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout_s} s: {what}")
        time.sleep(step_s)


def parent_of(pid):
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except (OSError, IndexError):
        return 0


def environment_of(pid):
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def name_of(pid):
    """Of its program; "" when it has gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


class Loopback:
    """`with Loopback() as cluster:` two idle nodes, n1 and n2."""

    def __init__(self, max_array_size=1001):
        # Short: a socket's path has at most 107 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="loop-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.daemons = {}
        self.conf = self.folder / "slurm.conf"
        self.environment = {"SLURM_CONF": str(self.conf), "PATH": PATH}
        for name in ("state", "spool-n1", "spool-n2"):
            (self.folder / name).mkdir()
        self.conf.write_text(CONF.format(host=socket.gethostname(), ports=free_ports(4), user=getpass.getuser(),
                                         folder=self.folder, max_array_size=max_array_size))

    def __enter__(self):
        try:
            self.start_munge()
            self.daemon("slurmctld", "slurmctld", "-D", "-c", "-f", self.conf)
            self.start_node("n1")
            self.start_node("n2")
            wait_until("both nodes idle", lambda: self.idle() == {"n1", "n2"}, 40)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def daemon(self, name, *command):
        with open(self.folder / f"{name}.out", "ab") as out:
            self.daemons[name] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *map(str, command)], stdin=subprocess.DEVNULL, stdout=out,
                stderr=out, cwd=self.folder, env={**os.environ, **self.environment})

    def start_munge(self):
        key, sock = self.folder / "munge.key", self.folder / "munge.sock"
        key.touch(0o600)
        key.write_bytes(os.urandom(128))
        self.daemon("munged", "munged", "-F", "-S", sock, f"--key-file={key}", f"--pid-file={self.folder}/munged.pid",
                    f"--log-file={self.folder}/munged.log", f"--seed-file={self.folder}/munge.seed")
        wait_until("munge's socket", sock.exists, 10)

    def start_node(self, node):
        self.daemon(node, "slurmd", "-D", "-N", node, "-f", self.conf)

    def run(self, *command):
        """A client's output. Raises with what it said where it fails."""
        found = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60,
                               env={**os.environ, **self.environment})
        if found.returncode != 0:
            raise RuntimeError(f"{command}: {found.stdout}{found.stderr}\n{self.log()}")
        return found.stdout

    def idle(self):
        try:
            return set(self.run("sinfo", "-h", "-N", "-t", "idle", "-o", "%N").split())
        except RuntimeError:  # the controller is not up yet
            return set()

    def tasks(self):
        """{(job, task): (state, node)} of all that waits or runs, one entry a task."""
        rows = self.run("squeue", "-h", "-r", "-o", "%F %K %T %N").splitlines()
        return {tuple(row.split()[:2]): ((row + " ").split(" ")[2:4]) for row in rows}

    def node_processes(self, node):
        """Pids of slurmd, of its step daemons and of what they started."""
        mine, conf = f"SLURMD_NODENAME={node}".encode(), f"SLURM_CONF={self.conf}".encode()
        found = {self.daemons[node].pid}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                pid, held = int(entry.name), environment_of(entry.name)
                if mine in held and conf in held:
                    found.add(pid)
                    if name_of(parent_of(pid)).startswith("slurmstepd"):
                        found.add(parent_of(pid))
        return found

    def kill_node(self, node):
        """As a power cut would: nothing of it is left, nobody is told."""
        found = self.node_processes(node)
        for _ in range(3):  # what was started meanwhile too
            for pid in found:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.1)
            found = self.node_processes(node) - {self.daemons[node].pid}
        self.daemons[node].wait()

    def revive(self, node):
        """The node comes back, empty."""
        self.start_node(node)
        wait_until(f"{node} idle", lambda: node in self.idle(), 40)

    def log(self):
        """The end of the daemons' words, for a failed test's message."""
        text = ""
        for path in sorted(self.folder.glob("*.log")):
            text += f"--- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-12:]) + "\n"
        return re.sub(r"(?m)^.*debug.*\n", "", text)

    def stop(self):
        try:
            if "n1" in self.daemons:
                self.run("scancel", "--user", getpass.getuser(), "--signal=KILL", "--full")
                self.run("scancel", "--user", getpass.getuser())
        except (RuntimeError, subprocess.TimeoutExpired):
            pass
        for node in ("n1", "n2"):
            if node in self.daemons:
                self.kill_node(node)
        for name in ("slurmctld", "munged"):
            if name in self.daemons:
                self.daemons[name].kill()
                self.daemons[name].wait()
        shutil.rmtree(self.folder, ignore_errors=True)
