"""Every step in one process, as one_process.py has them, and what each took: seconds, and the peak of memory in MiB."""

import importlib
import pkgutil
import time
from pathlib import Path

import desistance.steps
import one_process

READ_AND_COUNT = ("records", "scan", "part", "tally")


def forget_peak():
    """Begin the peak of memory anew, where the system can (Linux)."""
    path = Path("/proc/self/clear_refs")
    if path.exists():
        path.write_text("5", encoding="ascii")


def peak():
    """MiB, or 0 where the system does not say."""
    path = Path("/proc/self/status")
    lines = path.read_text(encoding="ascii").splitlines() if path.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)


def timed(name, step, took):
    def run(*arguments, **named):
        forget_peak()
        begun = time.perf_counter()
        step(*arguments, **named)
        took[name] = (took.get(name, (0, 0))[0] + time.perf_counter() - begun, peak())
        print(f"step.{name} {took[name][0]}\npeak_memory.{name} {took[name][1]}", flush=True)

    return run


def main():
    took = {}
    for each in pkgutil.iter_modules(desistance.steps.__path__):
        module = importlib.import_module(f"desistance.steps.{each.name}")
        if hasattr(module, "main"):
            module.main = timed(each.name, module.main, took)
    one_process.main()
    for part, names in (("tally", set(READ_AND_COUNT)), ("after", took.keys() - set(READ_AND_COUNT))):
        inside = [took[name] for name in took if name in names]
        print(
            f"{part} {sum(seconds for seconds, _ in inside)}\n{part}_memory {max(memory for _, memory in inside)}"
        )


if __name__ == "__main__":
    main()
