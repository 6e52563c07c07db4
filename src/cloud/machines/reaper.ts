import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The wrapper every machine of the local cloud runs under: standard-library Python, because adopting orphans
 * (PR_SET_CHILD_SUBREAPER) and hearing of the parent's death (PR_SET_PDEATHSIG) are out of Node's reach.
 *
 *     python3 -I -S reaper.py GRACE_SECONDS PARENT_PID COMMAND [ARGUMENT…]
 *
 * SIGTERM is passed to the command, as a container runtime does to its first process; what is left after the grace is killed.
 * SIGQUIT kills everything at once; the kernel sends it when the parent dies. When the command ends, what it left behind is killed.
 * One line on descriptor 3 tells at the end: exit code (128 + n after signal n), CPU seconds, 1 when the command was killed.
 * Text in a TypeScript file so that a bundle carries it.
 */
const reaperSource = String.raw`import ctypes, os, signal, sys, time

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
WATCHED = {signal.SIGTERM, signal.SIGQUIT, signal.SIGCHLD}


def prctl(option, value):
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl %d" % option)


def start(command):
    """Forks and executes the command; standard output and error share one pipe so that their lines keep their order."""
    pid = os.fork()
    if pid:
        return pid
    try:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setsid()
        os.dup2(1, 2)
        os.close(3)
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, ("cannot start %s: %s\n" % (command[0], error.strerror)).encode())
    os._exit(127)


def descendants(root):
    """Everything below root, by parent, whatever session or group it fled to."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name, "rb") as stat:
                    parent = int(stat.read().rpartition(b")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                continue
            children.setdefault(parent, []).append(int(name))
    found, queue = [], [root]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += below
    return found


def signal_quietly(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def reap():
    """Collects the dead: their statuses by process id, and whether any child lives on."""
    statuses = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return statuses, False
        if pid == 0:
            return statuses, True
        statuses[pid] = status


def exit_code(status):
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def main(grace_seconds, parent, command):
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)
    if os.getppid() != parent:
        return
    first = start(command)
    code, deadline, killing, killed = None, None, False, False
    while True:
        statuses, alive = reap()
        if first in statuses:
            code = exit_code(statuses[first])
            killing = True
        if not alive:
            break
        if deadline is not None and time.monotonic() >= deadline:
            killing = True
        if killing:
            killed = killed or code is None
            for pid in descendants(os.getpid()):
                signal_quietly(pid, signal.SIGKILL)
        wait = 0.02 if killing else 3600 if deadline is None else max(0.0, deadline - time.monotonic())
        got = signal.sigtimedwait(WATCHED, wait)
        if got is not None and got.si_signo == signal.SIGQUIT:
            killing = True
        if got is not None and got.si_signo == signal.SIGTERM and deadline is None:
            deadline = time.monotonic() + grace_seconds
            signal_quietly(first, signal.SIGTERM)
    usage = os.times()
    try:
        os.write(3, b"%d %.2f %d\n" % (code, usage.children_user + usage.children_system, killed))
    except OSError:
        pass


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
`;

/** Writes the wrapper to a file that hosts are started from. */
export async function writeReaper(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, reaperSource);
}
