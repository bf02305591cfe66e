"""One node of Apache Kafka on the loopback address.

`python -m tests.support.kafka.apache` runs it by hand.
Maven fetches the jars once, into $ANNALS_CACHE or ~/.cache/annals.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from infrastructure.development.embedded.folder import kept_port
from infrastructure.development.embedded.program import Program

POM = Path(__file__).with_name("pom.xml")
VERSION = re.findall(r"<version>([\d.]+)</version>", POM.read_text())[1]
CLUSTER = "AAAAAAAAAAAAAAAAAAAAAQ"  # the UUID 1, as Kafka writes it
OLDEST_JAVA = 17


def available() -> bool:
    """Whether Java, new enough, and Maven are here."""
    if not (shutil.which("java") and shutil.which("mvn")):
        return False
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    return found is not None and int(found[1]) >= OLDEST_JAVA


def jars() -> Path:
    """Return the folder of the jars, fetched now unless they have been."""
    cache = Path(os.environ.get("ANNALS_CACHE") or Path.home() / ".cache/annals")
    folder = cache / f"kafka-{VERSION}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            # Its own folder first: one that exists under the final name is complete.
            fetched = Path(scratch) / "jars"
            goal = "dependency:copy-dependencies"
            subprocess.run(
                ["mvn", "-B", "-q", "-f", str(POM), goal, f"-DoutputDirectory={fetched}"],
                check=True,
                timeout=300,
                cwd=scratch,
            )
            try:
                fetched.rename(folder)
            except OSError:  # someone else was quicker
                if not folder.exists():
                    raise
    return folder


class ApacheKafka:
    """A broker that is its own controller, and keeps what it was given in `home`."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        port, controller = kept_port(home / "port"), kept_port(home / "controller-port")
        self.bootstrap_servers = f"127.0.0.1:{port}"
        settings = home / "server.properties"
        settings.write_text(
            "\n".join(
                [
                    "process.roles=broker,controller",
                    "node.id=1",
                    f"controller.quorum.voters=1@127.0.0.1:{controller}",
                    f"listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
                    "controller.listener.names=CONTROLLER",
                    f"log.dirs={home / 'data'}",
                    "auto.create.topics.enable=false",
                    "offsets.topic.replication.factor=1",
                    "transaction.state.log.replication.factor=1",
                    "transaction.state.log.min.isr=1",
                    "group.initial.rebalance.delay.ms=0",
                    # After a kill, it may come back this soon.
                    "broker.session.timeout.ms=1000",
                    "broker.heartbeat.interval.ms=200",
                ]
            )
        )
        self._settings = settings
        self._log = home / "kafka.log"
        self.server = self._program("kafka.Kafka", str(settings))

    def initialise(self) -> None:
        """Make the data folder what Kafka wants it to be."""
        words = ("format", "--ignore-formatted", "-t", CLUSTER, "-c", str(self._settings))
        formatted = self._program("kafka.tools.StorageTool", *words)
        assert formatted.spawn().wait(timeout=60) == 0, formatted.last_output()

    def _program(self, main: str, *words: str) -> Program:
        # Small and quick to start, for tests: no second compiler, no second collector.
        tuned = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
        return Program(
            name="kafka",
            argv=("java", *tuned, "-cp", f"{jars()}/*", main, *words),
            log=self._log,
            timeout_seconds=10.0,
        )


def main() -> None:
    """Run a broker in the folder named on the command line, or in a new one."""
    home = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="annals-kafka-"))
    kafka = ApacheKafka(home.resolve())
    kafka.initialise()
    process = kafka.server.spawn()
    sys.stderr.write(
        f"ANNALS_KAFKA_BOOTSTRAP_SERVERS={kafka.bootstrap_servers}\n{home}; Ctrl-C ends it\n"
    )
    try:
        process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
