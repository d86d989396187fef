"""A SLURM of one machine, with folders, ports and a munge of its own, for as long as a test needs it."""

import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol", "scancel")
NEEDED = (*PROGRAMS, "snakemake-executor-plugin-slurm")
CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
# How long SLURM waits before it starts a job again; usually 120. A job that is hurried on may come to its node
# in the same second as the order to end what the node held before, and be refused: "Job credential revoked".
AuthInfo=socket={folder}/munge.socket,cred_expire=20
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0,sched_interval=1,bf_interval=1
MinJobAge=7200
SlurmdTimeout=10
KillWait=1
CompleteWait=0
NodeName={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs={cores} RealMemory=8000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


class Cluster:
    """A running SLURM; `environment` is what its commands need."""

    def __init__(self, folder, host, stack):
        self.folder, self.host, self.stack = folder, host, stack
        self.environment = {
            "SLURM_CONF": str(folder / "slurm.conf"),
            "PATH": os.pathsep.join([str(folder / "bin"), os.environ["PATH"]]),
        }
        self.node = None

    def command(self, *words):
        """What a command of SLURM prints."""
        done = subprocess.run(
            words,
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        return done.stdout.strip()

    def start_node(self):
        """Start the node, or start it again after it died, and wait until it takes jobs."""
        self.node = self.stack.enter_context(daemon(["slurmd", "-D"], self.environment))
        self.wait_until(lambda: self.node_state() in {"idle", "mix", "alloc"})

    def kill_node(self):
        """End the node by force, with every process of its jobs, and wait until SLURM has given it up."""
        self.node.kill()
        self.node.wait()
        # All at once, as when a machine loses power: one that is left would tell SLURM how the others ended.
        for end in (signal.SIGSTOP, signal.SIGKILL):
            for process in processes_of_jobs(self.folder):
                kill(process, end)
        self.wait_until(lambda: self.node_state() == "down*")

    def node_state(self):
        """What SLURM thinks of the node; with a star if it does not answer."""
        return self.command("sinfo", "--noheader", "--format=%t")

    def step_is_at_work(self, job):
        """Whether a job has come to the script of a step."""
        mark = f"SLURM_JOB_ID={job}\0".encode()
        return any(
            b"/.snakemake/scripts/" in words_of(process) and mark in seen(process, "environ")
            for process in processes_of_jobs(self.folder)
        )

    def cancel_all(self):
        self.command("scancel", "--quiet", f"--user={getpass.getuser()}")

    def jobs(self):
        """State of each job by its number; of one that has ended too."""
        lines = self.command("squeue", "--states=all", "--noheader", "--format=%i %T").splitlines()
        return {int(number): state for number, state in (line.split() for line in lines)}

    def wait_until(self, condition, seconds=300):
        wait_until(condition, seconds, self.told)

    def told(self):
        """What the daemons wrote last, for a test that fails."""
        logs = (self.folder / f"{name}.log" for name in ("munged", "slurmctld", "slurmd"))
        return "\n".join(path.read_text(errors="replace")[-1500:] for path in logs if path.exists())


@contextmanager
def cluster(cores=2):
    """Start a SLURM of one node; nothing of it is left afterwards."""
    # In a folder with a short name, because the path of a socket may have a hundred characters only.
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    host = socket.gethostname().partition(".")[0]
    try:
        with ExitStack() as stack:
            configure(folder, host, cores)
            running = Cluster(folder, host, stack)
            stack.enter_context(munge(folder))
            stack.enter_context(daemon(["slurmctld", "-D", "-i"], running.environment))
            stack.callback(end_jobs, running)
            wait_until(lambda: answers(running), 30, running.told)
            running.start_node()
            yield running
    finally:
        shutil.rmtree(folder)


def configure(folder, host, cores):
    folder.chmod(0o755)  # munge wants to know that every user can reach its socket
    for name in ("state", "spool"):
        (folder / name).mkdir()
    text = CONFIGURATION.format(
        folder=folder, host=host, ports=free_ports(2), user=getpass.getuser(), cores=cores
    )
    (folder / "slurm.conf").write_text(text)
    # Snakemake starts `srun` without SLURM_CONF.
    srun = folder / "bin/srun"
    srun.parent.mkdir()
    srun.write_text(f'#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {shutil.which("srun")} "$@"\n')
    srun.chmod(0o755)
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o600)


@contextmanager
def munge(folder):
    """A munge beside any that the machine runs, with a socket of its own."""
    places = {
        "socket": "munge.socket",
        "key-file": "munge.key",
        "pid-file": "munged.pid",
        "log-file": "munged.log",
    }
    places["seed-file"] = "munge.seed"
    words = ["munged", "--foreground", "--force", "--num-threads=2"]
    with daemon([*words, *(f"--{name}={folder / file}" for name, file in places.items())], {}):
        wait_until((folder / "munge.socket").exists, 20, lambda: "munged did not start")
        yield


@contextmanager
def daemon(words, environment):
    """A program in the foreground, ended on leaving."""
    path = shutil.which(words[0])
    process = subprocess.Popen(
        [path, *words[1:]],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def end_jobs(running):
    """End what is left of jobs, so that no process outlives the cluster."""
    for process in processes_of_jobs(running.folder):
        kill(process)


def processes_of_jobs(folder):
    """Numbers of the processes that hold jobs of the cluster in a folder, and of all that these started."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
    found = {number for number in parents if holds_a_job(number, folder)}
    while below := {number for number, parent in parents.items() if parent in found} - found:
        found |= below
    return found


def holds_a_job(number, folder):
    if not words_of(number).startswith(b"slurmstepd"):
        return False
    return f"SLURM_CONF={folder}/".encode() in seen(number, "environ")


def words_of(number):
    return seen(number, "cmdline")


def seen(number, file):
    """What the system shows of a process; nothing of one that has ended."""
    try:
        return Path(f"/proc/{number}/{file}").read_bytes()
    except OSError:
        return b""


def kill(process, end=signal.SIGKILL):
    with suppress(ProcessLookupError):
        os.kill(process, end)


def wait_until(condition, seconds, told):
    """Ask again and again; what is `told` explains a failure."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, told()
        time.sleep(0.1)


def answers(running):
    try:
        return running.command("scontrol", "ping").count(" is UP") == 1
    except subprocess.CalledProcessError:
        return False


def free_ports(number):
    """Ports that nobody uses now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
