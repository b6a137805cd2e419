/**
 * Stops the process, as SIGTERM does, when its standard input ends. If that is a pipe of another program,
 * the system closes it however the program ends, also by a signal that it cannot handle.
 */
export function stopWithStdin(): void {
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    // A real signal would end the process without its listeners on Windows.
    process.emit('SIGTERM', 'SIGTERM');
  };
  process.stdin.on('end', stop).on('error', stop).on('close', stop).resume();
}
