# For servers; on a laptop `uv run manage.py up` needs no container.
FROM python:3.11-slim AS build
RUN python -m venv /venv
ENV PATH="/venv/bin:$PATH"
WORKDIR /app
COPY requirements.lock ./
# With hashes: what runs on the server is what was tested, byte for byte.
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
# The key lives for this one command and is in no layer.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(50))')" \
    DJANGO_SETTINGS_MODULE=oasst_web.settings \
    sh -c 'python manage.py compile_catalogues && python manage.py collectstatic --noinput --verbosity 0'

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin oasst \
    && install -d -o oasst -g oasst /data
ENV PATH="/venv/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=oasst_web.settings \
    OASST_DATA_DIR=/data
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER 10001
VOLUME /data
EXPOSE 8000
# Asks by a name the site answers to; any other gets 400.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8000/healthz', headers={'Host': os.environ['ALLOWED_HOSTS'].split(',')[0].lstrip('.')}), timeout=4)"]
CMD ["gunicorn", "oasst_web.wsgi", "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm"]
