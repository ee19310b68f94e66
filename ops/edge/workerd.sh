#!/bin/sh
# Becomes the program it is given, and leaves a watch that ends it when its starter has gone, even by SIGKILL.

starter=$PPID

starter_of_program() {
  if [ -d /proc/self ]; then
    # 'pid (workerd) state ppid ...'; a dead starter gives its children away at once, even unreaped.
    read -r _ _ _ found _ <"/proc/$$/stat" 2>/dev/null && echo "$found"
  else
    ps -o ppid= -p $$ | tr -d ' '
  fi
}

watch() {
  while true; do
    sleep 0.5
    now=$(starter_of_program)
    if [ -z "$now" ]; then return; fi
    if [ "$now" != "$starter" ]; then
      kill -KILL $$
      return
    fi
  done
}

watch </dev/null >/dev/null 2>&1 3>&- 4>&- &
exec "$@"
