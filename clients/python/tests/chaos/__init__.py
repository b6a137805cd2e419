"""Workers that are killed, a server that restarts, and a proxy that cuts answers."""
