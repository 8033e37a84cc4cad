"""How the server runs: threads for many open pages, one application shared by all workers."""

from config import load

settings = load()

wsgi_app = "app:server()"
bind = f"{'[' + settings.host + ']' if ':' in settings.host else settings.host}:{settings.port}"
worker_class = "gthread"
workers = settings.web_workers
threads = 16
preload_app = True
keepalive = 75
timeout = 60
graceful_timeout = 10
loglevel = settings.log_level.lower()
accesslog = None
control_socket_disable = True
