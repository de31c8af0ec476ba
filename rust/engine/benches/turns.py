"""Two builds of the engine in turns: `turns.py ROUNDS OLD NEW [NEW ...]`, each a program of the bench `costs`.

On a machine that others use, the time of the same program moves by half from one second to the next, and by nothing that
can be waited for. So all of them are made ready at once (`costs -- endless`) on one core, and each goes on for a quarter of
a second while the others stand still. What is compared are the medians of such turns: `NEW / OLD` by round, with quartiles.
"""

import os
import signal
import statistics
import subprocess
import sys
import time

TURN = 0.25
# What is told when a turn begins was measured across the pause before it.
FIRST = 1


def start(program):
    pinned = ["taskset", "-c", str(max(os.sched_getaffinity(0)))]
    process = subprocess.Popen([*pinned, program, "endless"], stdout=subprocess.PIPE)
    process.stdout.readline()
    os.set_blocking(process.stdout.fileno(), False)
    process.send_signal(signal.SIGSTOP)
    return process


def told(process):
    lines = (process.stdout.read() or b"").split(b"\n")
    return [float(line) for line in lines[:-1] if line.count(b".") == 1][FIRST:]


def turn(process):
    told(process)
    process.send_signal(signal.SIGCONT)
    time.sleep(TURN)
    process.send_signal(signal.SIGSTOP)
    time.sleep(TURN / 25)
    times = told(process)
    return statistics.median(times) if times else None


def main(rounds, programs):
    processes = [start(program) for program in programs]
    try:
        places = range(len(processes))
        turns = [{} for _ in range(rounds)]
        for number, of_round in enumerate(turns):
            for place in places if number % 2 == 0 else reversed(places):
                of_round[place] = turn(processes[place])
    finally:
        for process in processes:
            process.kill()
    turns = [of_round for of_round in turns if None not in of_round.values()]
    for place in places:
        times = [of_round[place] for of_round in turns]
        ratios = [of_round[place] / of_round[0] for of_round in turns]
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(
            f"{programs[place]}: {statistics.median(times):.0f} ns a span, at the least {min(times):.0f}; "
            f"{middle:.3f} of the first ({low:.3f} to {high:.3f})"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
