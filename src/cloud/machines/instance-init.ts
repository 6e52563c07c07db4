import { writeFile } from 'node:fs/promises';

/**
 * The first process of a machine that goes on when its command has ended, as an instance of EC2 does. Standard-library Python beside the
 * wrapper, whose functions it uses: orphans come to it, so everything that runs on the machine is below it.
 *
 *     python3 -I -S -B instance-init.py LARGEST_FILE_BYTES [COMMAND [ARGUMENT…]]
 *
 * SIGTERM shuts the machine down: every process gets a SIGTERM, and it ends when they have; the wrapper's grace bounds that.
 * 0: no limit. Text in a TypeScript file so that a bundle carries it.
 */
const initSource = String.raw`import os, resource, signal, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import reaper


def start(command):
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, ("cannot start %s: %s\n" % (command[0], error.strerror)).encode())
    os._exit(127)


def main(largest_file, command):
    watched = {signal.SIGTERM, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    reaper.prctl(reaper.PR_SET_CHILD_SUBREAPER, 1)
    if largest_file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    first = start(command) if command else None
    while signal.sigwait(watched) != signal.SIGTERM:
        statuses, _ = reaper.reap()
        if first in statuses:
            print("[local cloud] the user data has ended with exit code %d" % reaper.exit_code(statuses[first]), flush=True)
    for pid in reaper.descendants(os.getpid()):
        reaper.signal_quietly(pid, signal.SIGTERM)
    while reaper.reap()[1]:
        signal.sigtimedwait({signal.SIGCHLD}, 0.2)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
`;

/** Writes it to a file; it must be in the folder of the wrapper. */
export const writeInstanceInit = (path: string): Promise<void> => writeFile(path, initSource);
