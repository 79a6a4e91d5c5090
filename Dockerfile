FROM python:3.11-slim
RUN useradd --create-home statuary
WORKDIR /opt/statuary
COPY . .
RUN pip install --no-cache-dir --require-hashes -r requirements/run.txt \
 && pip install --no-cache-dir --no-deps --no-build-isolation .
USER statuary
EXPOSE 8080 8081 1025
# Inside a container loopback reaches nobody: listen everywhere, and let the site ask for its token.
ENTRYPOINT ["statuary", "serve", "--host", "0.0.0.0"]
