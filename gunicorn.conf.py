"""How the site is served. gunicorn reads this wherever it is started: `manage.py up`, the container, the benchmarks."""

import os

worker_class = "gthread"
#: Processes: one more than there are processors, so that another computes while one waits for the database.
workers = int(os.environ.get("WEB_CONCURRENCY", "3"))
#: Requests that one process answers at once. Python computes for one of them at a time, so more threads only wait
#: longer for each other; half of them may be event streams, which do nothing but wait.
threads = 4
graceful_timeout = 8
# Its control socket would be one for all sites of this user.
control_socket_disable = True
