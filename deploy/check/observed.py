"""Prometheus, by the service of compose.yaml: whom it reaches, and what it makes of board and rules."""

import json
import urllib.error
import urllib.parse
import urllib.request

import metrics
from sandbox import Failed, until


class Observed:
    def __init__(self, services, say):
        self.services, self.say = services, say
        self.url = f"http://{services.addresses['prometheus']}:9090/api/v1"

    def start(self):
        self.services.start("prometheus")

    def ask(self, path, **arguments):
        query = f"?{urllib.parse.urlencode(arguments)}" if arguments else ""
        try:
            with urllib.request.urlopen(f"{self.url}/{path}{query}", timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise Failed(f"Prometheus, {arguments}: {error.read().decode()[:500]}") from None

    def targets(self):
        if not self.services.running["prometheus"].is_up():
            raise Failed(f"prometheus has ended:\n{self.services.running['prometheus'].tail()}")
        try:
            targets = self.ask("targets")["activeTargets"]
        except OSError:
            return None
        self.seen = {target["labels"]["instance"]: target["lastError"] or target["health"] for target in targets}
        return len(self.seen) == 6 and set(self.seen.values()) == {"up"}

    def look(self, deploy):
        self.seen = {}
        try:
            until("Prometheus to reach all", 20, self.targets)
        except Failed as failed:
            raise Failed(f"{failed}: {self.seen}") from None
        shown = count = 0
        for _, expression, _ in metrics.expressions(deploy):
            result = self.ask("query", query=expression.replace("$__rate_interval", "10s"))["result"]
            shown, count = shown + bool(result), count + 1
        rules = [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]
        broken = [f"{rule['name']}: {rule['lastError']}" for rule in rules if rule["health"] == "err"]
        if broken or len(rules) != len(metrics.rules(deploy)):
            raise Failed(f"of {len(rules)} rules {broken} are broken")
        if shown < 30:
            raise Failed(f"of {count} expressions {shown} have a value")
        self.say(f"Prometheus reaches six processes and takes {count} expressions, of which {shown} have a value now")

    def stop(self):
        self.services.stop("prometheus")
